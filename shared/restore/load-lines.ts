// shared/restore/load-lines.ts: transactions and outcomes of the past into a store, without deciding anything.
import type { Outcome } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Tombstones } from '../erasure/tombstones.ts';
import type { HistoryLoader } from '../scoring/load-history.ts';
import { labelMarksOf } from '../sequence/label-marks.ts';
import { leaveCardOut } from '../sequence/leave-card-out.ts';
import type { MarkLabel, StateStore } from '../sequence/state-store.ts';

/** A line of a stream in event-time order; outcomes come after their transactions. */
export type HistoryLine =
  | { readonly kind: 'transaction'; readonly transaction: Transaction }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

export interface LoadedCounts {
  readonly transactions: number;
  readonly outcomes: number;
}

const MARKS_PER_COMMIT = 2_000;

/**
 * Loads all lines. Labels change no packed event, so they are marked in batches, each after the transactions before it
 * are stored; at the latest before a card takes over another's history, whose labels it copies.
 */
export async function loadLines(
  chunks: AsyncIterable<readonly HistoryLine[]>,
  parts: {
    readonly store: StateStore;
    readonly loader: HistoryLoader;
    /** As the loader has them. */
    readonly erasures?: Pick<Tombstones, 'isErased'>;
    readonly onLoaded?: (counts: LoadedCounts) => void;
  },
): Promise<LoadedCounts> {
  const counts = { transactions: 0, outcomes: 0 };
  let waiting: MarkLabel[] = [];
  const mark = async (): Promise<void> => {
    await parts.loader.finish();
    await parts.store.commit({ labels: waiting });
    waiting = [];
  };
  for await (const lines of chunks) {
    for (const line of lines) {
      if (line.kind === 'transaction') {
        counts.transactions += 1;
        if (line.transaction.replacesCardToken !== undefined && waiting.length > 0) await mark();
        await parts.loader.add(line.transaction);
      } else {
        counts.outcomes += 1;
        const { portfolioId, cardToken, transactionTime } = line.outcome;
        const isErased =
          parts.erasures?.isErased(portfolioId, cardToken, Date.parse(transactionTime)) ?? false;
        waiting.push(...leaveCardOut(labelMarksOf(line.outcome), isErased));
      }
    }
    if (waiting.length >= MARKS_PER_COMMIT) await mark();
    parts.onLoaded?.(counts);
  }
  await mark();
  return counts;
}
