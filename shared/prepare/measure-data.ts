// shared/prepare/measure-data.ts: what prepared data is like: duplicates, late rows, label delay, fraud by week and by segment, leaks.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openDuck } from '../archive/duck.ts';
import { quoteText } from '../archive/duck-values.ts';
import type { Mapping } from '../replay/mapping.ts';
import { columnsOf } from '../replay/source-columns.ts';
import { tableOf, timeExpression, zoneStatement } from '../replay/source-query.ts';
import { type ColumnVerdict, findLeaks } from './find-leaks.ts';
import { labelsQuery, preparedFiles } from './prepared-folder.ts';

export interface FraudRate {
  readonly name: string;
  readonly rows: number;
  readonly frauds: number;
}

export interface DataFacts {
  /** Rows whose transaction id another row has, too. */
  readonly repeatedIds: number;
  /** Rows that equal another one in card, amount and instant: sent twice under two ids, most often. */
  readonly sameCardAmountTime: number;
  /** Rows of the source files that stand after a later one. */
  readonly lateRows: number;
  readonly mostLateHours: number;
  /** Share of the frauds known so many days after their transaction. */
  readonly labelDelay: readonly { readonly days: number; readonly share: number }[];
  /** Monday of the week (UTC) → counts. */
  readonly weeks: readonly FraudRate[];
  /** Segmenting → its largest segments, amounts in ascending order. */
  readonly segments: Readonly<Record<string, readonly FraudRate[]>>;
  readonly columns: readonly ColumnVerdict[];
}

const segmentings: Readonly<Record<string, string>> = {
  portfolio: 'portfolioId',
  type: 'type',
  'entry mode': 'entryMode',
  'merchant category': 'merchant_mcc',
  'merchant country': 'merchant_country',
  amount:
    "CASE WHEN amountMinor < 1000 THEN 'below 10' WHEN amountMinor < 5000 THEN '10 … 50' WHEN amountMinor < 20000 THEN '50 … 200' WHEN amountMinor < 100000 THEN '200 … 1,000' ELSE '1,000 and more' END",
};
const MOST_SEGMENTS = 15;

async function readRates(connection: DuckDBConnection, name: string, order: string): Promise<FraudRate[]> {
  const result = await connection.runAndReadAll(`
    SELECT (${name})::VARCHAR AS name, count(*)::DOUBLE AS rows, sum(is_fraud)::DOUBLE FROM labelled
    WHERE (${name}) IS NOT NULL GROUP BY 1 ORDER BY ${order}`);
  return result.getRows().map(([segment, rows, frauds]) => ({
    name: String(segment),
    rows: Number(rows),
    frauds: Number(frauds),
  }));
}

async function readNumbers(connection: DuckDBConnection, query: string): Promise<number[]> {
  const [row = []] = (await connection.runAndReadAll(query)).getRows();
  return row.map(Number);
}

async function measureOrder(connection: DuckDBConnection, files: readonly string[], mapping: Mapping) {
  await connection.run(zoneStatement(mapping));
  let lateRows = 0;
  let mostLateHours = 0;
  for (const file of files) {
    const [late, hours] = await readNumbers(
      connection,
      `SELECT count(*) FILTER (WHERE t < latest)::DOUBLE, coalesce(max(latest - t), 0)::DOUBLE / 3600000 FROM
        (SELECT t, max(t) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS latest
         FROM (SELECT ${timeExpression(mapping.time)} AS t FROM ${tableOf(file)}))`,
    );
    lateRows += late;
    mostLateHours = Math.max(mostLateHours, hours);
  }
  await connection.run("SET TimeZone = 'UTC'");
  return { lateRows, mostLateHours };
}

async function measureDelay(connection: DuckDBConnection): Promise<DataFacts['labelDelay']> {
  const result = await connection.runAndReadAll(`
    SELECT days, sum(count(*)) OVER (ORDER BY days)::DOUBLE / sum(count(*)) OVER () AS share FROM
      (SELECT ceil((epoch(knownAt) - epoch(eventTime)) / 86400)::DOUBLE AS days FROM labelled WHERE is_fraud = 1)
    GROUP BY days ORDER BY days`);
  return result.getRows().map(([days, share]) => ({ days: Number(days), share: Number(share) }));
}

/** Measures prepared data and the files it was made from. Amount bands are in major units of two decimals. */
export async function measureData(
  directory: string,
  files: readonly string[],
  mapping: Mapping,
): Promise<DataFacts> {
  const duck = await openDuck();
  try {
    const { connection } = duck;
    await connection.run(`CREATE TEMP VIEW labelled AS
      SELECT t.*, l.knownAt, coalesce(l.label = 'fraud', false)::INT AS is_fraud
      FROM ${quoteText(join(directory, preparedFiles.transactions))} t
      LEFT JOIN (${labelsQuery(quoteText(join(directory, preparedFiles.labels)))}) l USING (transactionId, portfolioId)`);
    const transactions = quoteText(join(directory, preparedFiles.transactions));
    const repeats = (columns: string) =>
      readNumbers(
        connection,
        `SELECT coalesce(sum(n) FILTER (WHERE n > 1), 0)::DOUBLE FROM (SELECT count(*) AS n FROM ${transactions} GROUP BY ${columns})`,
      );
    const [repeatedIds] = await repeats('portfolioId, transactionId');
    const [sameCardAmountTime] = await repeats(
      'portfolioId, cardToken, amountMinor, currency, type, eventTime',
    );
    const segments: Record<string, FraudRate[]> = {};
    for (const [name, column] of Object.entries(segmentings)) {
      const rates = await readRates(connection, column, name === 'amount' ? 'min(amountMinor)' : '2 DESC');
      if (rates.length > 1) segments[name] = rates.slice(0, MOST_SEGMENTS);
    }
    const used = [mapping.time.column, ...columnsOf(mapping)];
    const columns: ColumnVerdict[] = await findLeaks(connection, files[0], mapping, used);
    return {
      repeatedIds,
      sameCardAmountTime,
      ...(await measureOrder(connection, files, mapping)),
      labelDelay: await measureDelay(connection),
      weeks: await readRates(connection, "strftime(date_trunc('week', eventTime), '%Y-%m-%d')", '1'),
      segments,
      columns,
    };
  } finally {
    duck.close();
  }
}
