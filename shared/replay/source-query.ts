// shared/replay/source-query.ts: the SQL that reads a foreign table in event-time order; CSV, gz, NDJSON and Parquet.

import { quoteText } from '../archive/duck-values.ts';
import { AppError } from '../errors.ts';
import type { Mapping } from './mapping.ts';
import { columnsOf } from './source-columns.ts';

export interface TimeWindow {
  /** Inclusive, milliseconds since the epoch. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly untilMs?: number | undefined;
}

/** A name in SQL. */
export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
/** A text in SQL. */

/**
 * The table function for a file, chosen by its name.
 * @throws AppError FRAUD_INPUT_INVALID for a kind of file that is not read
 */
export function tableOf(file: string): string {
  const name = file.toLowerCase();
  if (/\.(csv|tsv|txt)(\.gz|\.zst)?$/.test(name))
    return `read_csv(${quoteText(file)}, header = true, all_varchar = true)`;
  if (/\.(ndjson|jsonl|json)(\.gz|\.zst)?$/.test(name)) return `read_ndjson_auto(${quoteText(file)})`;
  if (name.endsWith('.parquet')) return `read_parquet(${quoteText(file)})`;
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail: `Expected a .csv, .ndjson or .parquet file (also .gz), got "${file}".`,
  });
}

/** SQL of the event time in milliseconds since the epoch; NULL where it cannot be read. The session's zone fills in for missing ones. */
export function timeExpression({ column, format }: Pick<Mapping['time'], 'column' | 'format'>): string {
  const name = quoteName(column);
  if (format === 'epoch-milliseconds') return `try_cast(${name} AS BIGINT)`;
  if (format === 'epoch-seconds') return `try_cast(round(try_cast(${name} AS DOUBLE) * 1000) AS BIGINT)`;
  if (format === 'iso') return `epoch_ms(try_cast(${name} AS TIMESTAMPTZ))`;
  return `epoch_ms(try_strptime(CAST(${name} AS VARCHAR), ${quoteText(format)})::TIMESTAMPTZ)`;
}

/** Zone in which times without one are read; a setting of the DuckDB session. */
export function zoneStatement({ time }: Mapping): string {
  return `SET TimeZone = ${quoteText(time.zone)}`;
}

/**
 * Rows as text, event time first, in event-time order; equal times by id, so that every run has the same order.
 * Rows without a readable time come first: they are refused and reported.
 */
export function selectRows(file: string, mapping: Mapping, { fromMs, untilMs }: TimeWindow): string {
  const columns = columnsOf(mapping).map(
    (name) => `CAST(${quoteName(name)} AS VARCHAR) AS ${quoteName(name)}`,
  );
  const id = mapping.fields.transactionId;
  const idOrder = id && 'column' in id ? [`length(${quoteName(id.column)})`, quoteName(id.column)] : [];
  const bounds = [
    ...(fromMs === undefined ? [] : [`event_time_ms >= ${fromMs}`]),
    ...(untilMs === undefined ? [] : [`event_time_ms < ${untilMs}`]),
  ];
  const where = bounds.length > 0 ? `WHERE (${bounds.join(' AND ')})` : '';
  return [
    `SELECT * FROM (SELECT CAST(${timeExpression(mapping.time)} AS DOUBLE) AS event_time_ms, ${columns.join(', ')}`,
    `FROM ${tableOf(file)}) ${where}`,
    `ORDER BY ${['event_time_ms NULLS FIRST', ...idOrder].join(', ')}`,
  ].join(' ');
}
