// shared/kafka/backoff.ts: pauses between tries of what failed because of somebody else: short at first, then longer, never for ever.

export interface Backoff {
  /** Pause before the next try, ms. */
  next(): number;
}

/** Doubles from `firstMs` to `longestMs`: soon enough for a hiccup, no burden on what is down for hours. */
export function createBackoff(firstMs = 250, longestMs = 10_000): Backoff {
  let pauseMs = firstMs;
  return {
    next: () => {
      const current = pauseMs;
      pauseMs = Math.min(longestMs, 2 * pauseMs);
      return current;
    },
  };
}
