// services/stream-scorer/progress-watch.ts: liveness is progress: not moving for too long is dead, whatever the process says, unless it waits for others.
import type { Clock } from '../../shared/clock.ts';
import type { ConsumerHealth } from '../../shared/kafka/consumer-health.ts';

/** What the consumer tells of itself. */
export interface ProgressReading extends ConsumerHealth {
  /** Sum of next offsets over all owned partitions. */
  readonly position: bigint;
  readonly lag: bigint;
}

export interface ProgressWatch {
  /** Looks once; call it every second or so. */
  observe(reading: ProgressReading): void;
  /** The sentence that says since when nothing moves; undefined while alive. */
  whyNotAlive(): string | undefined;
}

/**
 * Records waiting and none done, or a fetch loop that does not turn as a member of the group (it never joined, or joins for ever), is a
 * stall. A dependency that is down is none: what it failed is tried again, and a process begun anew would wait for it, too.
 * @param stallMs standing still for this long is a stall
 */
export function createProgressWatch(clock: Clock, stallMs: number): ProgressWatch {
  let last: ProgressReading | undefined;
  let lastMoveMs = clock.now();
  const hasMoved = (reading: ProgressReading): boolean =>
    reading.isBrokerSilent ||
    reading.retries !== last?.retries ||
    reading.position !== last.position ||
    (reading.lag === 0n && reading.turns !== last.turns);
  return {
    observe: (reading) => {
      if (hasMoved(reading)) lastMoveMs = clock.now();
      last = reading;
    },
    whyNotAlive: () => {
      const standingMs = clock.now() - lastMoveMs;
      if (standingMs < stallMs) return undefined;
      const seconds = Math.round(standingMs / 1000);
      const lag = last?.lag ?? 0n;
      if (lag > 0n) return `${lag} records behind and no progress for ${seconds} s`;
      return `not fetching as a member of the group for ${seconds} s`;
    },
  };
}
