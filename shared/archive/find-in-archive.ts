// shared/archive/find-in-archive.ts: which card, time and merchant a transaction id belongs to, asked of the archived events: remembers longer than the decision store.
import type { FindTransactions } from '../labels/find-transactions.ts';
import type { ArchiveStore } from './archive-store.ts';
import { archiveColumns } from './columns.ts';
import { openDuck } from './duck.ts';
import { quoteText } from './duck-values.ts';
import { fetchFiles, listFiles } from './list-files.ts';
import { relationOf } from './relation.ts';

/**
 * Reads ids of every day asked for once per call: ask for many transactions together.
 * @param firstDay oldest event day looked at, YYYY-MM-DD; left out: all
 */
export function findInArchive(store: ArchiveStore, firstDay?: string): FindTransactions {
  return async (names) => {
    if (names.length === 0) return [];
    const { visible } = await listFiles(store, 'events', firstDay === undefined ? {} : { first: firstDay });
    const files = await fetchFiles(store, visible);
    const wanted = names.map(
      ({ portfolioId, transactionId }, place) =>
        `(${place}, ${quoteText(portfolioId)}, ${quoteText(transactionId)})`,
    );
    const duck = await openDuck();
    try {
      const found = await duck.connection.runAndReadAll(`
        SELECT w.place, min_by({'card': e.card_token, 'time': CAST(e.event_time_ms AS DOUBLE), 'merchant': e.merchant_key, 'account': e.account_id}, e."offset") AS facts
        FROM (VALUES ${wanted.join(', ')}) AS w(place, portfolio_id, transaction_id)
        JOIN ${relationOf(archiveColumns.events, files)} AS e USING (portfolio_id, transaction_id)
        GROUP BY w.place`);
      const answers: Awaited<ReturnType<FindTransactions>>[number][] = names.map(() => undefined);
      for (const { place, facts } of found.getRowObjectsJS()) {
        answers[Number(place)] = toFacts(facts);
      }
      return answers;
    } finally {
      duck.close();
    }
  };
}

function toFacts(value: unknown): Awaited<ReturnType<FindTransactions>>[number] {
  if (typeof value !== 'object' || value === null) return undefined;
  const { card, time, merchant, account } = value as Readonly<Record<string, unknown>>;
  return {
    cardToken: String(card),
    transactionTime: new Date(Number(time)).toISOString(),
    ...(typeof merchant === 'string' && { merchantKey: merchant }),
    ...(typeof account === 'string' && { accountId: account }),
  };
}
