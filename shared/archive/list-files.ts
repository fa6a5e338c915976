// shared/archive/list-files.ts: the day files that count, and those that never will.
import type { ArchiveStore } from './archive-store.ts';
import { readMarks } from './marks.ts';
import { type ArchiveKind, type DayFile, parseDayFile, shadowedFiles } from './object-names.ts';

export interface ListedFiles {
  /** Complete ranges, each row once. */
  readonly visible: readonly DayFile[];
  /** Replaced by a compacted file. */
  readonly shadowed: readonly DayFile[];
  /** Beyond the mark of their partition: a range under way, or one that a killed process left. */
  readonly beyond: readonly DayFile[];
}

/** @param days first and last day wanted, inclusive, YYYY-MM-DD */
export async function listFiles(
  store: ArchiveStore,
  kind: ArchiveKind,
  days: { readonly first?: string; readonly last?: string } = {},
): Promise<ListedFiles> {
  // Marks first: a range finished between the two readings is left out, never half seen.
  const marks = await readMarks(store);
  const files = (await store.list(`${kind}/`))
    .flatMap((object) => parseDayFile(object) ?? [])
    .filter(({ day }) => (days.first ?? '') <= day && day <= (days.last ?? '9999-99-99'));
  const isBeyond = ({ topic, partition, to }: DayFile): boolean =>
    to > (marks.get(`${topic}|${partition}`) ?? 0n);
  const complete = files.filter((file) => !isBeyond(file));
  const shadowed = shadowedFiles(complete);
  return {
    visible: complete.filter((file) => !shadowed.has(file)),
    shadowed: [...shadowed],
    beyond: files.filter(isBeyond),
  };
}

/** Local copies of files, in their order: what DuckDB reads. */
export async function fetchFiles(store: ArchiveStore, files: readonly DayFile[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { object } of files) paths.push(await store.fetch(object));
  return paths;
}
