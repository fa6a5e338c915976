// services/stream-scorer/progress-watch.ts: liveness is progress: behind the end of a topic and not moving for too long is dead, whatever the process says.
import type { Clock } from '../../shared/clock.ts';

/** What the consumer tells of itself. */
export interface ProgressReading {
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

/** @param stallMs lag without progress for this long is a stall */
export function createProgressWatch(clock: Clock, stallMs: number): ProgressWatch {
  let lastPosition = -1n;
  let lastMoveMs = clock.now();
  let lag = 0n;
  return {
    observe: (reading) => {
      lag = reading.lag;
      if (reading.position === lastPosition && lag > 0n) return;
      lastPosition = reading.position;
      lastMoveMs = clock.now();
    },
    whyNotAlive: () => {
      const standingMs = clock.now() - lastMoveMs;
      if (lag === 0n || standingMs < stallMs) return undefined;
      return `${lag} records behind and no progress for ${Math.round(standingMs / 1000)} s`;
    },
  };
}
