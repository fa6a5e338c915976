// services/retrainer/own-reference.ts: a champion that came without a drift reference: its own first weeks in the archive become one, once.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import { archiveColumns } from '../../shared/archive/columns.ts';
import { quoteText } from '../../shared/archive/duck-values.ts';
import { fetchFiles, listFiles } from '../../shared/archive/list-files.ts';
import type { DayFile } from '../../shared/archive/object-names.ts';
import { relationOf } from '../../shared/archive/relation.ts';
import {
  buildDriftReference,
  type DriftReference,
  parseDriftReference,
  toDriftReferenceBytes,
} from '../../shared/drift/drift-reference.ts';
import type { DriftRow } from '../../shared/drift/drift-row.ts';
import { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { isFileError, replaceDurably } from '../../shared/registry/write-durably.ts';
import { groupByDay, readDriftRows } from './read-drift-days.ts';

/** Whole weeks, enough of them that what moves slowly moves within them: against four, three months of a quiet portfolio came to the limit. */
export const OWN_REFERENCE_DAYS = 56;
/** Of more, all of some cards. */
const MOST_ROWS = 60_000;

export interface OwnReferenceParts {
  readonly store: ArchiveStore;
  readonly connection: DuckDBConnection;
  /** Folder that all replicas share; one file per version. */
  readonly directory: string;
  readonly modelVersion: string;
  readonly manifestDigest: string;
  readonly reviewAbove: number;
  /** Names of the full head's inputs. */
  readonly inputs: readonly string[];
  readonly log: Pick<Logger, 'warn'>;
}

/** The reference, or how many of the days it needs there are. */
export type OwnReference = { readonly reference: DriftReference } | { readonly days: number };

/**
 * Kept from then on: what came later does not change what was usual. The first day is left out, it may have begun before the champion; so
 * is the newest, which may not be complete.
 */
export async function findOwnReference(parts: OwnReferenceParts): Promise<OwnReference> {
  const file = join(parts.directory, `${parts.modelVersion}-${parts.manifestDigest.slice(0, 12)}.json`);
  const kept = await readKept(file, parts.log);
  if (kept) return { reference: kept };
  const files = (await listFiles(parts.store, 'training-rows')).visible;
  const counts = (await countDays(files, parts)).slice(1, -1).slice(0, OWN_REFERENCE_DAYS);
  if (counts.length < OWN_REFERENCE_DAYS) return { days: counts.length };
  const reference = buildDriftReference(await readRows(groupByDay(files), counts, parts), {
    inputs: parts.inputs,
  });
  await mkdir(dirname(file), { recursive: true });
  await replaceDurably(file, toDriftReferenceBytes(reference));
  return { reference };
}

/** Undefined for a damaged file, too: it came from the archive, and can be made from it again. */
async function readKept(file: string, log: OwnReferenceParts['log']): Promise<DriftReference | undefined> {
  try {
    return parseDriftReference(await readFile(file));
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined;
    if (!(error instanceof AppError)) throw error;
    log.warn({ err: error, file }, 'a kept drift reference is damaged: it is built again');
    return undefined;
  }
}

interface CountedDay {
  readonly day: string;
  readonly rows: number;
}

/** Days on which the version decided, in order. */
async function countDays(
  files: readonly DayFile[],
  { store, connection, modelVersion }: OwnReferenceParts,
): Promise<CountedDay[]> {
  if (files.length === 0) return [];
  const paths = await fetchFiles(store, files);
  const result = await connection.runAndReadAll(
    `SELECT strftime(make_timestamp(event_time_ms * 1000), '%Y-%m-%d') AS day, count(*) AS rows
     FROM ${relationOf(archiveColumns['training-rows'], paths)} AS archived
     WHERE model_version = ${quoteText(modelVersion)} AND features IS NOT NULL GROUP BY day ORDER BY day`,
  );
  return result.getRows().map(([day, rows]) => ({ day: String(day), rows: Number(rows) }));
}

async function readRows(
  files: ReadonlyMap<string, readonly DayFile[]>,
  days: readonly CountedDay[],
  parts: OwnReferenceParts,
): Promise<DriftRow[]> {
  const total = days.reduce((sum, { rows }) => sum + rows, 0);
  const cardShare = Math.min(1, MOST_ROWS / total);
  const rows: DriftRow[] = [];
  for (const { day } of days) {
    const ofDay = files.get(day) ?? [];
    const read = readDriftRows(ofDay, { ...parts, cardShare, width: parts.inputs.length });
    for await (const row of read) rows.push(row);
  }
  return rows;
}
