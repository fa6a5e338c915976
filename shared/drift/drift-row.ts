// shared/drift/drift-row.ts: one decided transaction as drift is measured on it: no label, and the card only as a number.

export interface DriftRow {
  readonly eventTimeMs: number;
  /** Any number that stays the card's own: a card counts once a day, or one thief's spree would look like many. */
  readonly card: number;
  /** Inputs of the full head, in the order of `fullHeadInputs`; NaN where there were no readings (a lower tier answered). */
  readonly values: Float32Array;
  /** Calibrated probability, 0 … 1. */
  readonly score: number;
  /** Review or decline. */
  readonly isAlert: boolean;
}

export const DAY_MS = 86_400_000;

/** Days since the epoch, UTC: windows are whole days of event time. */
export const dayOf = (eventTimeMs: number): number => Math.floor(eventTimeMs / DAY_MS);
