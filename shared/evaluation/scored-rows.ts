// shared/evaluation/scored-rows.ts: what is judged: columns of scored transactions, checked before any figure is believed.
import { AppError } from '../errors.ts';

/** Rows that carry a known label, one entry per row in every column. Any order of rows. */
export interface JudgedRows {
  /** The card as a small whole number: rows of one card stay together in the bootstrap. Folds that share cards share numbers. */
  readonly card: Uint32Array;
  /** Day of the transaction, days since 1970-01-01 UTC. */
  readonly day: Int32Array;
  /** 1 = fraud, 0 = genuine. */
  readonly label: Uint8Array;
  readonly transactionId?: readonly string[] | undefined;
  /** Minor units, all of one currency. */
  readonly amountMinor?: Float64Array | undefined;
  /** 1 ÷ sampling rate of the row; default 1. */
  readonly weight?: Float32Array | Float64Array | undefined;
  /** Per row, for frauds; an empty text where there is none. */
  readonly fraudType?: readonly string[] | undefined;
  /** Segmenting name (portfolio, entry mode, …) → segment of each row; an empty text where it is not known. */
  readonly segments?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** One score per row, higher = riskier. */
export type Scores = Float64Array | Float32Array;

export interface ScoredRows extends JudgedRows {
  readonly score: Scores;
}

/** Cards, labels or other texts as numbers in order of first appearance. Pass the same `known` to share numbers between folds. */
export function toOrdinals(texts: readonly string[], known: Map<string, number> = new Map()): Uint32Array {
  return Uint32Array.from(texts, (text) => {
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    return number;
  });
}

const impossible = (detail: string): AppError => new AppError('FRAUD_EVALUATION_IMPOSSIBLE', { detail });

/**
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE without rows, without a fraud or a genuine row, with another label, with a score
 * that is not finite, or with columns of unequal length
 */
export function requireJudgeable(rows: JudgedRows, columns: Readonly<Record<string, Scores>>): void {
  const count = rows.label.length;
  if (count === 0) throw impossible('There are no rows.');
  const { transactionId, amountMinor, weight, fraudType } = rows;
  const all = { card: rows.card, day: rows.day, transactionId, amountMinor, weight, fraudType };
  for (const [name, column] of Object.entries({ ...all, ...rows.segments, ...columns })) {
    if (column !== undefined && column.length !== count) {
      throw impossible(`Expected ${count} values of ${name}, got ${column.length}.`);
    }
  }
  let frauds = 0;
  for (const label of rows.label) {
    if (label > 1) throw impossible('Expected labels 0 or 1; leave rows without a known label out.');
    frauds += label;
  }
  if (frauds === 0) throw impossible(`None of ${count} rows is a fraud.`);
  if (frauds === count) throw impossible(`All of ${count} rows are frauds.`);
  for (const [name, scores] of Object.entries(columns)) {
    if (!scores.every(Number.isFinite))
      throw impossible(`The column ${name} holds a score that is not finite.`);
  }
}
