// shared/prepare/find-leaks.ts: columns of a foreign table that say the label, which nobody knows when a payment is scored.
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../archive/duck-values.ts';
import type { Mapping } from '../replay/mapping.ts';
import { quoteName, tableOf } from '../replay/source-query.ts';

export interface ColumnVerdict {
  readonly column: string;
  /** Area under the ROC curve of the column alone, ≥ .5; of texts by the fraud rate that each value has in the other half of the rows. */
  readonly areaUnderCurve: number;
  /** Above .99 alone: it most likely was filled in after the label was known. */
  readonly isSuspect: boolean;
  /** Used by the mapping, so it would reach a model. */
  readonly isMapped: boolean;
}

const SUSPECT_ABOVE = 0.99;
const SAMPLE_ROWS = 300_000;

const quoteTexts = (texts: readonly string[]) => texts.map(quoteText).join();

/** AUC of `p` over `y` in the rows of `scored`, ties half. */
const areaQuery = (scored: string) => `
  WITH scored AS (${scored}),
  groups AS (SELECT p, sum(y) AS f, count(*) - sum(y) AS g FROM scored GROUP BY p),
  ranked AS (SELECT f, g, sum(g) OVER (ORDER BY p NULLS FIRST ROWS UNBOUNDED PRECEDING) - g AS below FROM groups)
  SELECT (sum(f * (below + g / 2)) / (sum(f) * sum(g)))::DOUBLE FROM ranked`;

async function readNumber(connection: DuckDBConnection, query: string): Promise<number> {
  const value = (await connection.runAndReadAll(query)).getRows()[0]?.[0];
  return typeof value === 'number' ? value : Number.NaN;
}

/** Missing cells are the lowest numbers; a column is numeric when every cell that is there is a number. */
async function measureColumn(connection: DuckDBConnection, name: string): Promise<number> {
  const column = quoteName(name);
  const words = await readNumber(
    connection,
    `SELECT count(*)::DOUBLE FROM sample WHERE ${column} IS NOT NULL AND try_cast(${column} AS DOUBLE) IS NULL`,
  );
  const asNumber =
    words > 0
      ? Number.NaN
      : await readNumber(connection, areaQuery(`SELECT try_cast(${column} AS DOUBLE) AS p, y FROM sample`));
  const byValue = await readNumber(
    connection,
    areaQuery(`SELECT coalesce(r.p, (SELECT avg(y) FROM sample)) AS p, y FROM sample s LEFT JOIN
      (SELECT ${column}::VARCHAR AS v, avg(y) AS p FROM sample WHERE half = 0 GROUP BY v) r
      ON r.v IS NOT DISTINCT FROM s.${column}::VARCHAR WHERE half = 1`),
  );
  const areas = [asNumber, 1 - asNumber, byValue].filter(Number.isFinite);
  return Math.max(0.5, ...areas);
}

/** Every column but the label's, the most telling first. Empty without a label column. Looks at 300,000 rows drawn by a fixed seed. */
export async function findLeaks(
  connection: DuckDBConnection,
  file: string,
  mapping: Mapping,
  mappedColumns: readonly string[],
): Promise<ColumnVerdict[]> {
  if (!mapping.label) return [];
  const { column, fraud, genuine } = mapping.label;
  const label = `${quoteName(column)}::VARCHAR`;
  const isGenuine = genuine.length > 0 ? `${label} IN (${quoteTexts(genuine)})` : 'true';
  await connection.run(`CREATE OR REPLACE TEMP TABLE sample AS
    SELECT *, CASE WHEN ${label} IN (${quoteTexts(fraud)}) THEN 1 WHEN ${isGenuine} THEN 0 END AS y,
      (random() < 0.5)::INT AS half
    FROM (FROM ${tableOf(file)} USING SAMPLE ${SAMPLE_ROWS} ROWS (reservoir, 1))`);
  await connection.run('DELETE FROM sample WHERE y IS NULL');
  const described = await connection.runAndReadAll('DESCRIBE sample');
  const names = described.getRows().map(([name]) => String(name));
  const verdicts: ColumnVerdict[] = [];
  for (const name of names.filter((one) => ![column, 'y', 'half'].includes(one))) {
    const areaUnderCurve = await measureColumn(connection, name);
    verdicts.push({
      column: name,
      areaUnderCurve,
      isSuspect: areaUnderCurve > SUSPECT_ABOVE,
      isMapped: mappedColumns.includes(name),
    });
  }
  return verdicts.sort((left, right) => right.areaUnderCurve - left.areaUnderCurve);
}
