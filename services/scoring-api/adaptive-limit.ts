// services/scoring-api/adaptive-limit.ts: how many requests may be in hand, learnt from how long they are: so many that most are answered in time, on whatever machine.

/** Neither so few that two encoder threads run dry, nor more than the setting. */
const LEAST = 16;
/** Of an answered request, door to answer: well below the usual deadline of 100 ms, so that full answers are still in time. */
const TARGET_MS = 40;
/** A window is slow when more than this share of it took longer than the target. */
const SLOW_SHARE = 0.1;
/** A slow window takes away a fifth, a full one that was not slow adds one (as TCP does): the limit settles below what makes most wait. */
const SHRINK = 0.8;

export interface AdaptiveLimit {
  /** Requests that may be in hand now. */
  current(): number;
  /** The limit was reached: only then may it grow. */
  noteFull(): void;
  /** A request was answered `elapsedMs` after it came. */
  noteAnswer(elapsedMs: number): void;
}

/** @param most in hand, whatever was learnt; it begins there */
export function createAdaptiveLimit(most: number): AdaptiveLimit {
  const least = Math.min(LEAST, most);
  let limit = most;
  let answered = 0;
  let slow = 0;
  let wasFull = false;
  /** After as many answers as may be in hand: about one round of the queue, so that a change has had its effect. */
  const judge = (): void => {
    if (slow > answered * SLOW_SHARE) limit = Math.max(least, Math.floor(limit * SHRINK));
    else if (wasFull) limit = Math.min(most, limit + 1);
    answered = 0;
    slow = 0;
    wasFull = false;
  };
  return {
    current: () => limit,
    noteFull: () => {
      wasFull = true;
    },
    noteAnswer: (elapsedMs) => {
      answered += 1;
      if (elapsedMs > TARGET_MS) slow += 1;
      if (answered >= limit) judge();
    },
  };
}
