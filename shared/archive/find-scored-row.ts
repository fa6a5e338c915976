// shared/archive/find-scored-row.ts: one decided transaction as it was scored, asked of the archived training rows.
import type { Context } from '../domain/context.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { ArchiveStore } from './archive-store.ts';
import { archiveColumns } from './columns.ts';
import { openDuck } from './duck.ts';
import { quoteText } from './duck-values.ts';
import { fetchFiles, listFiles } from './list-files.ts';
import { relationOf } from './relation.ts';

/** What was decided from, and by whom. */
export interface ScoredRow {
  readonly context: Context;
  readonly cardToken: string;
  readonly eventTimeMs: number;
  readonly score: number;
  readonly tier: string;
  readonly modelVersion: string;
  readonly featureVersion: string;
}

/** The first copy of the row; undefined when the archive has none: not decided, not archived yet, thinned or erased. */
export async function findScoredRow(
  store: ArchiveStore,
  { portfolioId, transactionId }: { readonly portfolioId: string; readonly transactionId: string },
): Promise<ScoredRow | undefined> {
  const { visible } = await listFiles(store, 'training-rows');
  const files = await fetchFiles(store, visible);
  const duck = await openDuck();
  try {
    const found = await duck.connection.runAndReadAll(`
      SELECT hex(context) AS context, hex(features) AS features, context_digest AS digest, card_token AS card,
        CAST(event_time_ms AS DOUBLE) AS time, score, tier, model_version AS model, feature_version AS feature_version
      FROM ${relationOf(archiveColumns['training-rows'], files)}
      WHERE portfolio_id = ${quoteText(portfolioId)} AND transaction_id = ${quoteText(transactionId)}
        AND context IS NOT NULL AND features IS NOT NULL
      ORDER BY "partition", "offset" LIMIT 1`);
    const [row] = found.getRowObjectsJS();
    return row && toRow(portfolioId, row);
  } finally {
    duck.close();
  }
}

function toRow(portfolioId: string, row: Readonly<Record<string, unknown>>): ScoredRow {
  const bytesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(String(row[name]), 'hex'));
  const events = bytesOf('context');
  return {
    context: {
      portfolioId,
      events,
      eventCount: events.byteLength / EVENT_BYTES,
      features: new Float32Array(bytesOf('features').buffer),
      digest: String(row.digest),
    },
    cardToken: String(row.card),
    eventTimeMs: Number(row.time),
    score: Number(row.score),
    tier: String(row.tier),
    modelVersion: String(row.model),
    featureVersion: String(row.feature_version),
  };
}
