// services/stream-scorer/replay-clock.ts: a clock that follows the newest event, for replays of old data.
import type { Clock } from '../../shared/clock.ts';
import { headerText, type InputRecord } from '../../shared/kafka/records.ts';

export interface FollowingClock extends Clock {
  /** Moves forward to the newest CloudEvents time among the records; never backwards. */
  follow(records: readonly InputRecord[]): void;
}

/** No history has a gap of more than a year: one wrong time must not move the clock beyond all others for good. */
const LONGEST_STEP_MS = 366 * 86_400_000;

/** Stands at 0 until the first record. Records without `ce_time`, and times more than a year ahead, do not move it. */
export function createReplayClock(): FollowingClock {
  let newestMs = 0;
  return {
    now: () => newestMs,
    follow: (records) => {
      for (const { headers } of records) {
        const time = Date.parse(headerText(headers, 'ce_time') ?? '');
        const isCredible = newestMs === 0 || time - newestMs <= LONGEST_STEP_MS;
        if (time > newestMs && isCredible) newestMs = time;
      }
    },
  };
}

/** The system's clock, which follows nothing. */
export function toFollowingClock(clock: Clock): FollowingClock {
  return { now: () => clock.now(), follow: () => {} };
}
