// shared/clock.ts: Clock port: now() in milliseconds since the epoch; system, fixed and replay clocks.

/** The only source of "now" inside logic. Milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
}

/** Wall-clock time of this machine. */
export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands where it was put; `set` moves it. For tests and for replays driven by event time. */
export interface SettableClock extends Clock {
  set(milliseconds: number): void;
}

/** @param milliseconds where the clock stands at first */
export function createSettableClock(milliseconds: number): SettableClock {
  let current = milliseconds;
  return {
    now: () => current,
    set: (next) => {
      current = next;
    },
  };
}
