// shared/archive/write-range.ts: a spooled range → one Parquet file per kind and event day, then the partition's mark.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ArchiveStore } from './archive-store.ts';
import { archiveColumns, kindSources, type SpoolName, spoolFields } from './columns.ts';
import { quoteText } from './duck-values.ts';
import { writeMark } from './marks.ts';
import { type ArchiveKind, archiveKinds, dayFileName, type OffsetRange } from './object-names.ts';

export interface RangeWriter {
  readonly store: ArchiveStore;
  readonly connection: DuckDBConnection;
}

/** A context is 3 kB: row groups of this size fit in memory on both sides. */
const PARQUET_OPTIONS = 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480';
/** A line is at most a record of the topic. */
const LINE_LIMIT = 16_777_216;

/** SQL of the day of an instant. */
export const dayExpression = (instantMs: string): string =>
  `strftime(make_timestamp(1000 * ${instantMs}), '%Y-%m-%d')`;

function readSpool(spool: SpoolName, file: string): string {
  const fields = Object.entries(spoolFields[spool]).map(
    ([name, type]) => `${quoteText(name)}: ${quoteText(type)}`,
  );
  return `read_json(${quoteText(file)}, format = 'newline_delimited', maximum_object_size = ${LINE_LIMIT}, columns = {${fields.join(', ')}})`;
}

/**
 * Writes all files of a range and then its mark: before the mark none of them counts, so a process killed in between leaves nothing half.
 * Rows stand in the order of their offsets; the same range gives the same rows under the same names.
 * @param file lines of JSON (spool.ts)
 * @returns rows written by kind
 * @throws DuckDB's error when a line is not what its kind expects: nothing was marked
 */
export async function writeRange(
  writer: RangeWriter,
  range: OffsetRange,
  source: { readonly spool: SpoolName; readonly file: string },
): Promise<Partial<Record<ArchiveKind, number>>> {
  const { connection, store } = writer;
  const table = `spooled_${randomUUID().replaceAll('-', '')}`;
  await connection.run(`CREATE TEMP TABLE ${table} AS SELECT * FROM ${readSpool(source.spool, source.file)}`);
  const rows: Partial<Record<ArchiveKind, number>> = {};
  try {
    for (const kind of archiveKinds) {
      if (kindSources[kind].spool === source.spool)
        rows[kind] = await writeKind(writer, { kind, range, table, directory: dirname(source.file) });
    }
  } finally {
    await connection.run(`DROP TABLE ${table}`);
  }
  await writeMark(store, { ...range, next: range.to });
  return rows;
}

async function writeKind(
  { store, connection }: RangeWriter,
  made: {
    readonly kind: ArchiveKind;
    readonly range: OffsetRange;
    readonly table: string;
    readonly directory: string;
  },
): Promise<number> {
  const { kind, range, table, directory } = made;
  const { where, dayOf } = kindSources[kind];
  const columns = archiveColumns[kind].map(({ name, type, sql }) => `CAST(${sql} AS ${type}) AS "${name}"`);
  const typed = `${table}_typed`;
  await connection.run(
    `CREATE TEMP TABLE ${typed} AS SELECT *, ${dayExpression(dayOf)} AS archive_day FROM (SELECT ${columns.join(', ')} FROM ${table} WHERE ${where})`,
  );
  let rows = 0;
  try {
    const days = await connection.runAndReadAll(
      `SELECT archive_day, CAST(count(*) AS INTEGER) FROM ${typed} GROUP BY ALL ORDER BY ALL`,
    );
    for (const [day, count] of days.getRows()) {
      const draft = join(directory, `${randomUUID()}.parquet`);
      const ofDay = `SELECT * EXCLUDE (archive_day) FROM ${typed} WHERE archive_day = ${quoteText(String(day))} ORDER BY "offset"`;
      try {
        await connection.run(`COPY (${ofDay}) TO ${quoteText(draft)} (${PARQUET_OPTIONS})`);
        await store.put(dayFileName(kind, String(day), range), draft);
      } finally {
        await rm(draft, { force: true });
      }
      rows += Number(count);
    }
  } finally {
    await connection.run(`DROP TABLE ${typed}`);
  }
  return rows;
}
