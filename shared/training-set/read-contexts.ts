// shared/training-set/read-contexts.ts: the packed contexts of the scored rows of some windows, chunk by chunk: what an encoder that changed reads again.
import { DuckDBBlobVector, type DuckDBVector } from '@duckdb/node-api';
import type { ArchiveStore } from '../archive/archive-store.ts';
import { archiveColumns } from '../archive/columns.ts';
import { openDuck } from '../archive/duck.ts';
import { chunksOf } from '../archive/duck-values.ts';
import { fetchFiles, listFiles } from '../archive/list-files.ts';
import { relationOf } from '../archive/relation.ts';
import type { TrainingSet } from './training-set.ts';

export interface StoredContext {
  /** Place of the row in the set. */
  readonly row: number;
  /** Packed events, oldest first, the row's own last. */
  readonly events: Uint8Array;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const nameOf = (portfolioId: string, transactionId: string): string => `${portfolioId}|${transactionId}`;

/**
 * Tells the context of every row of the set once, in any order. Contexts are three kilobytes each: no more than a chunk of them is held.
 * @returns how many rows were told; fewer than the set holds when the archive lost files since it was built
 */
export async function readContexts(
  store: ArchiveStore,
  set: Pick<TrainingSet, 'windows' | 'transactionIds' | 'portfolios'>,
  onChunk: (contexts: readonly StoredContext[]) => Promise<void>,
): Promise<number> {
  const windows = Object.values(set.windows);
  const fromMs = Math.min(...windows.map((window) => window.fromMs));
  const untilMs = Math.max(...windows.map((window) => window.untilMs));
  const { visible } = await listFiles(store, 'training-rows', {
    first: dayOf(fromMs),
    last: dayOf(untilMs),
  });
  const files = await fetchFiles(store, visible);
  const rowOf = new Map(
    set.transactionIds.map((id, row) => [nameOf(set.portfolios[row] ?? '', id), row] as const),
  );
  const duck = await openDuck();
  try {
    const rows = relationOf(archiveColumns['training-rows'], files);
    // A row that was sent again after a crash: its first copy, as the training set takes it.
    const result = await duck.connection.stream(`
      WITH firsts AS (
        SELECT portfolio_id, transaction_id, min(("partition", "offset")) AS position FROM ${rows} AS archived
        WHERE event_time_ms >= ${fromMs} AND event_time_ms < ${untilMs} AND readings IS NOT NULL GROUP BY ALL
      )
      SELECT r.portfolio_id, r.transaction_id, r.context FROM ${rows} AS r JOIN firsts AS f
        ON f.portfolio_id = r.portfolio_id AND f.transaction_id = r.transaction_id
        AND f.position = (r."partition", r."offset")`);
    let told = 0;
    for await (const chunk of chunksOf(result)) {
      const contexts = takeContexts(
        [0, 1, 2].map((column) => chunk.getColumnVector(column)),
        { rows: chunk.rowCount, rowOf },
      );
      told += contexts.length;
      await onChunk(contexts);
    }
    return told;
  } finally {
    duck.close();
  }
}

function takeContexts(
  [portfolios, ids, contexts]: readonly (DuckDBVector | undefined)[],
  { rows, rowOf }: { readonly rows: number; readonly rowOf: ReadonlyMap<string, number> },
): StoredContext[] {
  const taken: StoredContext[] = [];
  for (let at = 0; at < rows; at++) {
    const row = rowOf.get(nameOf(String(portfolios?.getItem(at)), String(ids?.getItem(at))));
    const bytes = contexts instanceof DuckDBBlobVector ? contexts.getItemBytes(at) : null;
    // The bytes are the chunk's own: they are gone with it.
    if (row !== undefined && bytes) taken.push({ row, events: Uint8Array.from(bytes) });
  }
  return taken;
}
