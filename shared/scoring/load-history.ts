// shared/scoring/load-history.ts: years of transactions into the histories without deciding anything, by the code that scoring appends with.
import type { Transaction } from '../domain/transaction.ts';
import type { Tombstones } from '../erasure/tombstones.ts';
import { buildContext } from '../features/build-context.ts';
import { leaveCardOut } from '../sequence/leave-card-out.ts';
import type { AppendEvent, StateStore } from '../sequence/state-store.ts';
import type { Champion } from './champion.ts';
import { loadWorkingRecords } from './working-records.ts';

export interface HistoryLoader {
  /** Takes the next transaction, in event-time order. Resolves at once, or when a full chunk is stored. */
  add(transaction: Transaction): Promise<void>;
  /** Stores what is still waiting. Resolves to the number of transactions loaded. */
  finish(): Promise<number>;
}

/** Transactions stored together: enough that busy merchants are written once for many of them. */
const CHUNK = 1024;

/**
 * Loading twice changes nothing: appends are idempotent.
 * @param erasures cards that must not come back with a file from before their erasure
 */
export function createHistoryLoader(
  store: StateStore,
  champion: Champion,
  erasures?: Pick<Tombstones, 'isErased'>,
): HistoryLoader {
  let waiting: Transaction[] = [];
  let loaded = 0;
  const flush = async (): Promise<void> => {
    const transactions = waiting;
    waiting = [];
    const records = await loadWorkingRecords(transactions, (keys) => store.readRecords(keys));
    const appends = transactions.flatMap((transaction): readonly AppendEvent[] => {
      const { reference } = champion.viewOf(transaction.portfolioId);
      const settings = champion.featureSettings;
      const built = buildContext({ transaction, ...records.recordsOf(transaction), reference, settings });
      const { portfolioId, cardToken, eventTime } = transaction;
      const isErased = erasures?.isErased(portfolioId, cardToken, Date.parse(eventTime)) ?? false;
      const appends = leaveCardOut(built.appends, isErased);
      records.append(appends);
      return appends;
    });
    await store.commit({ appends });
    loaded += transactions.length;
  };
  return {
    add: (transaction) => {
      waiting.push(transaction);
      return waiting.length >= CHUNK ? flush() : Promise.resolve();
    },
    finish: async () => {
      await flush();
      return loaded;
    },
  };
}
