// shared/archive/compact.ts: many small files of one day and partition → one; the small ones are shadowed from that instant and removed a pass later.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteText } from './duck-values.ts';
import { listFiles } from './list-files.ts';
import { type ArchiveKind, type DayFile, dayFileName } from './object-names.ts';
import type { RangeWriter } from './write-range.ts';

export interface CompactOptions {
  readonly topic: string;
  readonly partition: number;
  /** A local folder for files under way. */
  readonly directory: string;
  /** So many small files of one day become one. Default 8. */
  readonly filesAtLeast?: number;
  /** Larger files are left as they are. Default 128 MB. */
  readonly smallBytes?: number;
}

export interface CompactCounts {
  readonly merged: number;
  readonly written: number;
  /** Files shadowed before this pass: readers that listed them have had a pass's time. */
  readonly removed: number;
}

const SMALL_BYTES = 128 * 2 ** 20;

/** One pass over one partition of one kind. Killed at any moment it leaves each row visible once. */
export async function compact(
  { store, connection }: RangeWriter,
  kind: ArchiveKind,
  options: CompactOptions,
): Promise<CompactCounts> {
  const { topic, partition, directory, filesAtLeast = 8, smallBytes = SMALL_BYTES } = options;
  const isOurs = (file: DayFile): boolean => file.topic === topic && file.partition === partition;
  const { visible, shadowed } = await listFiles(store, kind);
  const old = shadowed.filter(isOurs).map(({ object }) => object.name);
  await store.remove(old);
  let merged = 0;
  let written = 0;
  for (const run of smallRuns(visible.filter(isOurs), smallBytes)) {
    const [first] = run;
    const last = run.at(-1);
    if (!first || !last || run.length < filesAtLeast) continue;
    const files = await Promise.all(run.map(({ object }) => store.fetch(object)));
    const draft = join(directory, `${randomUUID()}.parquet`);
    // All columns of all files, also those that only a newer version knows.
    const rows = `SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}], union_by_name = true, hive_partitioning = false) ORDER BY "offset"`;
    try {
      await connection.run(
        `COPY (${rows}) TO ${quoteText(draft)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)`,
      );
      await store.put(
        dayFileName(kind, first.day, { topic, partition, from: first.from, to: last.to }),
        draft,
      );
    } finally {
      await rm(draft, { force: true });
    }
    merged += run.length;
    written++;
  }
  return { merged, written, removed: old.length };
}

/** Small files that follow each other within a day. */
function smallRuns(files: readonly DayFile[], smallBytes: number): DayFile[][] {
  const sorted = [...files].sort((left, right) => (left.object.name < right.object.name ? -1 : 1));
  const runs: DayFile[][] = [];
  let run: DayFile[] = [];
  for (const file of sorted) {
    const isNext = run[0] === undefined || run[0].day === file.day;
    if (file.object.bytes > smallBytes || !isNext) {
      runs.push(run);
      run = [];
    }
    if (file.object.bytes <= smallBytes) run.push(file);
  }
  return [...runs, run];
}
