// shared/replay/pacer.ts: when the next line of a replay is due: as fast as it goes, at a rate, or at a multiple of event time.
import type { Clock } from '../clock.ts';

export type Pace =
  | { readonly kind: 'unlimited' }
  /** Records per second. */
  | { readonly kind: 'rate'; readonly perSecond: number }
  /** Event time per wall time: 1 = as it happened, 86,400 = a day per second. */
  | { readonly kind: 'speed'; readonly factor: number };

export interface Pacer {
  /** Milliseconds until the line may be sent; 0 or less = now. Lines are asked about in order. */
  dueIn(eventTimeMs: number): number;
}

/** Starts with the first line asked about. */
export function createPacer(pace: Pace, clock: Clock): Pacer {
  if (pace.kind === 'unlimited') return { dueIn: () => 0 };
  let sent = 0;
  let startedAtMs: number | undefined;
  let firstEventMs = 0;
  return {
    dueIn: (eventTimeMs) => {
      if (startedAtMs === undefined) {
        startedAtMs = clock.now();
        firstEventMs = eventTimeMs;
      }
      const offsetMs =
        pace.kind === 'rate' ? (sent++ * 1000) / pace.perSecond : (eventTimeMs - firstEventMs) / pace.factor;
      return startedAtMs + offsetMs - clock.now();
    },
  };
}
