// shared/prepare/scored-columns.ts: labelled prepared transactions and their scores as the columns that evaluations read.
import type { Transaction } from '../domain/transaction.ts';
import type { ScoredRows } from '../evaluation/scored-rows.ts';
import type { PreparedTransaction } from './read-prepared.ts';

const DAY_MS = 86_400_000;

/** Upper bounds of the amount bands, minor units. */
const amountBands = [
  [1_000, 'below 1,000'],
  [5_000, '1,000 … 5,000'],
  [20_000, '5,000 … 20,000'],
  [100_000, '20,000 … 100,000'],
] as const;

function bandOf(amountMinor: number): string {
  return amountBands.find(([below]) => amountMinor < below)?.[1] ?? '100,000 and more';
}

/** Names that reports show → the segment of a transaction; an empty text where it is not known. */
const segmentings: Readonly<Record<string, (transaction: Transaction) => string>> = {
  portfolio: ({ portfolioId }) => portfolioId,
  'entry mode': ({ entryMode }) => entryMode ?? '',
  'merchant category': ({ merchant }) => merchant?.mcc ?? '',
  'amount, minor units': ({ amountMinor }) => bandOf(amountMinor),
};

export interface ScoredColumns {
  /** Takes a labelled transaction and one score per method. */
  add(row: PreparedTransaction, scores: readonly number[]): void;
  /** The columns; segmentings in which all rows are alike are left out. One `score` column per method, on the same rows. */
  build(): { readonly rows: Omit<ScoredRows, 'score'>; readonly scores: readonly Float64Array[] };
}

/** Rows without a label are passed over: nobody knows yet what they are. */
export function createScoredColumns(methods: number): ScoredColumns {
  const cards = new Map<string, number>();
  const [card, day, label, amount]: number[][] = [[], [], [], []];
  const transactionId: string[] = [];
  const scores = Array.from({ length: methods }, (): number[] => []);
  const segments = Object.keys(segmentings).map((): string[] => []);
  return {
    add({ transaction, eventTimeMs, label: known }, ofMethods) {
      if (known === undefined) return;
      const key = `${transaction.portfolioId}|${transaction.cardToken}`;
      const number = cards.get(key) ?? cards.size;
      cards.set(key, number);
      card.push(number);
      day.push(Math.floor(eventTimeMs / DAY_MS));
      label.push(known === 'fraud' ? 1 : 0);
      amount.push(transaction.amountMinor);
      transactionId.push(transaction.transactionId);
      Object.values(segmentings).forEach((segmentOf, at) => {
        segments[at].push(segmentOf(transaction));
      });
      ofMethods.forEach((score, method) => {
        scores[method].push(score);
      });
    },
    build: () => ({
      rows: {
        card: Uint32Array.from(card),
        day: Int32Array.from(day),
        label: Uint8Array.from(label),
        amountMinor: Float64Array.from(amount),
        transactionId,
        segments: Object.fromEntries(
          Object.keys(segmentings).flatMap((name, at) =>
            new Set(segments[at]).size > 1 ? [[name, segments[at]]] : [],
          ),
        ),
      },
      scores: scores.map((column) => Float64Array.from(column)),
    }),
  };
}
