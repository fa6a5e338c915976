// shared/archive/erase-cards.ts: rows of erased cards out of the archive: files that hold some are written again without them, under their own names.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tombstone } from '../erasure/tombstones.ts';
import { quoteText } from './duck-values.ts';
import { listFiles } from './list-files.ts';
import { type ArchiveKind, archiveKinds, type DayFile } from './object-names.ts';
import type { RangeWriter } from './write-range.ts';

/** Column that says when a row's payment happened. */
const timeOf: Readonly<Record<ArchiveKind, string>> = {
  events: 'event_time_ms',
  'training-rows': 'event_time_ms',
  outcomes: 'transaction_time_ms',
};

/** SQL that is true for rows of erased cards from before their erasure. The digest is made as `digestOfCard` makes it. */
function isErased(kind: ArchiveKind, tombstones: readonly Tombstone[]): string {
  const digest = `sha256(portfolio_id || '|' || card_token)`;
  const each = tombstones.map(
    ({ digest: card, erasedAtMs }) => `(${quoteText(card)}, ${Math.floor(erasedAtMs)})`,
  );
  return `EXISTS (SELECT 1 FROM (VALUES ${each.join(', ')}) AS e(card, erased_at_ms) WHERE e.card = ${digest} AND ${timeOf[kind]} <= e.erased_at_ms)`;
}

/**
 * One pass over the whole archive; running it again changes nothing. Killed at any moment it leaves every file whole.
 * @param directory a local folder for files under way
 * @returns rows removed
 */
export async function eraseCards(
  writer: RangeWriter,
  tombstones: readonly Tombstone[],
  directory: string,
): Promise<number> {
  if (tombstones.length === 0) return 0;
  let erased = 0;
  for (const kind of archiveKinds) {
    const { visible, shadowed, beyond } = await listFiles(writer.store, kind);
    // Shadowed files are removed whole by the next compaction; until then they hold the card, too.
    for (const file of [...visible, ...shadowed, ...beyond]) {
      erased += await eraseFromFile(writer, file, { kind, tombstones, directory });
    }
  }
  return erased;
}

async function eraseFromFile(
  { store, connection }: RangeWriter,
  { object }: DayFile,
  pass: { readonly kind: ArchiveKind; readonly tombstones: readonly Tombstone[]; readonly directory: string },
): Promise<number> {
  const rows = `read_parquet(${quoteText(await store.fetch(object))}, hive_partitioning = false)`;
  const condition = isErased(pass.kind, pass.tombstones);
  const counted = await connection.runAndReadAll(`SELECT count(*) AS n FROM ${rows} WHERE ${condition}`);
  const count = Number(counted.getRowObjectsJS()[0]?.n ?? 0);
  if (count === 0) return 0;
  const draft = join(pass.directory, `${randomUUID()}.parquet`);
  try {
    const kept = `SELECT * FROM ${rows} WHERE NOT ${condition}`;
    await connection.run(
      `COPY (${kept}) TO ${quoteText(draft)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)`,
    );
    await store.put(object.name, draft);
  } finally {
    await rm(draft, { force: true });
  }
  return count;
}
