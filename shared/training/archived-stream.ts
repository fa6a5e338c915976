// shared/training/archived-stream.ts: the archived events, all of them, as the packed stream that pretraining and adaptation learn from.
import { DuckDBBlobValue } from '@duckdb/node-api';
import type { ArchiveStore } from '../archive/archive-store.ts';
import { archiveColumns } from '../archive/columns.ts';
import { openDuck } from '../archive/duck.ts';
import { chunksOf, quoteText } from '../archive/duck-values.ts';
import { fetchFiles, listFiles } from '../archive/list-files.ts';
import { relationOf } from '../archive/relation.ts';
import { transactionTypes } from '../domain/transaction.ts';
import { createPackedStreamBuilder, type PackedStream } from './packed-stream.ts';

/** Byte 6 of a packed event, as two hexadecimal digits. */
const CLEARING = (transactionTypes.indexOf('clearing') + 1).toString(16).toUpperCase().padStart(2, '0');
const DAY_MS = 86_400_000;

export interface ArchivedStreamOptions {
  /** First event time, inclusive; left out: from the beginning. */
  readonly from?: Date;
  /** Event times end before this. */
  readonly until?: Date;
  /** Left out: all portfolios. */
  readonly portfolioId?: string;
}

/** As histories hold them: each event once, a clearing of a payment that is there left out; cards of portfolios apart. No label is read. */
export async function readArchivedStream(
  store: ArchiveStore,
  { from, until, portfolioId }: ArchivedStreamOptions = {},
): Promise<PackedStream> {
  const fromMs = from?.getTime() ?? Number.MIN_SAFE_INTEGER;
  const untilMs = until?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const dayOf = (date: Date | undefined, shiftMs: number) =>
    date && new Date(date.getTime() + shiftMs).toISOString().slice(0, 10);
  const first = dayOf(from, 0);
  const last = dayOf(until, DAY_MS);
  const { visible } = await listFiles(store, 'events', { ...(first && { first }), ...(last && { last }) });
  const files = await fetchFiles(store, visible);
  const duck = await openDuck();
  try {
    const result = await duck.connection.stream(`
      WITH once AS (
        SELECT * FROM (
          SELECT *, row_number() OVER (PARTITION BY portfolio_id, transaction_id ORDER BY "partition", "offset") AS copy
          FROM ${relationOf(archiveColumns.events, files)} AS archived
          WHERE event_time_ms >= ${fromMs} AND event_time_ms < ${untilMs}
            AND ${portfolioId === undefined ? 'true' : `portfolio_id = ${quoteText(portfolioId)}`}
        ) AS copies WHERE copy = 1
      )
      SELECT e.portfolio_id || '|' || e.card_token AS card, e.event
      FROM once AS e LEFT JOIN once AS o
        ON o.portfolio_id = e.portfolio_id AND o.transaction_id = e.original_transaction_id
      WHERE NOT (o.transaction_id IS NOT NULL AND substr(hex(e.event), 13, 2) = '${CLEARING}')
      ORDER BY e.event_time_ms, e.portfolio_id, e.transaction_id`);
    const builder = createPackedStreamBuilder();
    for await (const chunk of chunksOf(result)) {
      for (const [card, event] of chunk.getRows()) {
        if (event instanceof DuckDBBlobValue) builder.add(String(card), event.bytes);
      }
    }
    return builder.build();
  } finally {
    duck.close();
  }
}
