// shared/replay/read-mapped.ts: a foreign table as transactions in event-time order, and outcomes when they became known.
import { tmpdir } from 'node:os';
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api';
import type { Outcome } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';
import { AppError } from '../errors.ts';
import { createDataReport, type DataReportBuilder } from './data-report.ts';
import { toFraudOutcome } from './fraud-outcome.ts';
import { createRowMapper, type MappedRow } from './map-row.ts';
import type { Mapping } from './mapping.ts';
import { missingColumns, unusedColumns } from './source-columns.ts';
import { selectRows, type TimeWindow, tableOf, zoneStatement } from './source-query.ts';

const DAY_MS = 86_400_000;

export type MappedLine =
  | {
      readonly kind: 'transaction';
      readonly transaction: Transaction;
      /** What the file knows; for judging only, never an input. */
      readonly label?: MappedRow['label'];
      readonly eventTimeMs: number;
    }
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly knownAtMs: number };

export interface ReadMappedOptions {
  /** CSV, NDJSON (also .gz) or Parquet. */
  readonly file: string;
  readonly mapping: Mapping;
  /** First event time, inclusive. */
  readonly from?: Date | undefined;
  /** Event times end before this. */
  readonly until?: Date | undefined;
  /** Default true when the mapping has a label. */
  readonly withOutcomes?: boolean;
  readonly report?: DataReportBuilder;
  /** DuckDB sorts within this and spills to the temporary folder beyond it. */
  readonly memoryLimit?: string;
}

/** Lines one by one; see `readMappedChunks`. */
export async function* readMapped(options: ReadMappedOptions): AsyncGenerator<MappedLine> {
  for await (const chunk of readMappedChunks(options)) yield* chunk;
}

/**
 * Lines in chunks of about 2,000, in event-time order. A fraud label comes as an outcome at the place where it
 * became known, event time + delay; those that would become known after the last row are not sent, but counted.
 * Rows that are no valid transaction are left out and counted in the report.
 * @throws AppError FRAUD_INPUT_INVALID when the file cannot be read or lacks columns
 */
export async function* readMappedChunks(options: ReadMappedOptions): AsyncGenerator<MappedLine[]> {
  const { mapping, report = createDataReport() } = options;
  const { connection, close } = await openDuckDb(options);
  try {
    const columns = await describe(connection, options);
    const result = await query(connection, options);
    const mapRow = createRowMapper(mapping);
    const outcomes = createOutcomeQueue(mapping, options.withOutcomes ?? true);
    for await (const { times, columns: cells } of chunksOf(result)) {
      const lines: MappedLine[] = [];
      times.forEach((eventTimeMs, index) => {
        const mapped = tryMap(() => mapRow(eventTimeMs, { columns: cells, row: index }), report);
        if (!mapped || eventTimeMs === null) return;
        outcomes.takeKnownBy(eventTimeMs, lines);
        report.addTransaction(mapped.transaction, mapped.label);
        lines.push({ kind: 'transaction', ...mapped, eventTimeMs });
        if (mapped.label === 'fraud') outcomes.add(mapped.transaction, eventTimeMs);
      });
      for (const { kind } of lines) if (kind === 'outcome') report.addOutcome();
      if (lines.length > 0) yield lines;
    }
    report.finish({ outcomesNotYetKnown: outcomes.size, unusedColumns: unusedColumns(mapping, columns) });
  } finally {
    close();
  }
}

function tryMap(map: () => MappedRow, report: DataReportBuilder): MappedRow | undefined {
  try {
    return map();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'data') throw error;
    report.addRefusal(error);
    return undefined;
  }
}

async function describe(
  connection: DuckDBConnection,
  { file, mapping }: ReadMappedOptions,
): Promise<string[]> {
  const result = await attempt(file, () =>
    connection.runAndReadAll(`DESCRIBE SELECT * FROM ${tableOf(file)}`),
  );
  const columns = result.getRows().map(([name]) => String(name));
  const missing = missingColumns(mapping, columns);
  if (missing.length === 0) return columns;
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail: `Mapping "${mapping.name}" needs columns that ${file} lacks: ${missing.join(', ')}. It has: ${columns.join(', ')}.`,
  });
}

/** Rows in the window, before any is looked at: for progress bars. */
export async function countRows(options: ReadMappedOptions): Promise<number> {
  const { connection, close } = await openDuckDb(options);
  try {
    await describe(connection, options);
    const rows = selectRows(options.file, options.mapping, windowOf(options));
    const result = await attempt(options.file, async () => {
      await connection.run(zoneStatement(options.mapping));
      return connection.runAndReadAll(`SELECT CAST(count(*) AS DOUBLE) FROM (${rows})`);
    });
    return Number(result.getRows()[0]?.[0] ?? 0);
  } finally {
    close();
  }
}

const windowOf = ({ from, until }: ReadMappedOptions): TimeWindow => ({
  fromMs: from?.getTime(),
  untilMs: until?.getTime(),
});

async function openDuckDb({ memoryLimit = '1GB' }: ReadMappedOptions) {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    temp_directory: tmpdir(),
  });
  const connection = await instance.connect();
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function query(connection: DuckDBConnection, options: ReadMappedOptions): Promise<DuckDBResult> {
  return attempt(options.file, async () => {
    await connection.run(zoneStatement(options.mapping));
    return connection.stream(selectRows(options.file, options.mapping, windowOf(options)));
  });
}

async function attempt<Value>(file: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const sentence = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read: ${sentence}`, cause });
  }
}

interface ColumnChunk {
  readonly times: readonly (number | null)[];
  readonly columns: readonly (readonly unknown[])[];
}

/** DuckDB's vectors; the first column is the event time. The next chunk is read while this one is worked on. */
async function* chunksOf(result: DuckDBResult): AsyncGenerator<ColumnChunk> {
  let coming = result.fetchChunk();
  for (;;) {
    const chunk = await coming;
    if (!chunk || chunk.rowCount === 0) return;
    coming = result.fetchChunk();
    const [times = [], ...columns] = chunk.getColumns();
    yield { times: times.map((time) => (typeof time === 'number' ? time : null)), columns };
  }
}

/** Fraud labels on their way to become known. The delay is the same for all, so they come out as they went in. */
function createOutcomeQueue(mapping: Mapping, isWanted: boolean) {
  const { label } = mapping;
  const delayMs = (label?.knownAfterDays ?? 0) * DAY_MS;
  let waiting: { readonly outcome: Outcome; readonly knownAtMs: number }[] = [];
  let next = 0;
  return {
    get size(): number {
      return waiting.length - next;
    },
    add(transaction: Transaction, eventTimeMs: number): void {
      if (!label || !isWanted) return;
      const knownAtMs = eventTimeMs + delayMs;
      const evidence = { kind: label.evidence, fraudType: label.fraudType, source: mapping.name };
      waiting.push({ outcome: toFraudOutcome(transaction, knownAtMs, evidence), knownAtMs });
    },
    /** Moves what is known by then into `lines`: a label is known to transactions of the same instant. */
    takeKnownBy(timeMs: number, lines: MappedLine[]): void {
      for (let head = waiting[next]; head && head.knownAtMs <= timeMs; head = waiting[++next])
        lines.push({ kind: 'outcome', ...head });
      if (next > 10_000) {
        waiting = waiting.slice(next);
        next = 0;
      }
    },
  };
}
