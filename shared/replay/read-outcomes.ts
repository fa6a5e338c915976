// shared/replay/read-outcomes.ts: a foreign table of evidence (CSV, NDJSON, Parquet) → outcome drafts, in the order in which they became known.
import { hash } from 'node:crypto';
import { DuckDBInstance } from '@duckdb/node-api';
import { chunksOf, quoteText } from '../archive/duck-values.ts';
import { AppError } from '../errors.ts';
import { type OutcomeField, type OutcomeMapping, outcomeColumns } from './outcome-mapping.ts';
import { quoteName, tableOf, timeExpression } from './source-query.ts';

/** Not yet checked: the edge does that (labels/outcome-draft.ts). */
export type OutcomeRow = Readonly<Partial<Record<OutcomeField | 'labeledAt' | 'transactionTime', string>>>;

/** A row of the table, or why it is none. `row` counts from 1 in the order read. */
export type ReadOutcome =
  | { readonly row: number; readonly draft: OutcomeRow }
  | { readonly row: number; readonly error: AppError };

/**
 * Rows one by one. A row without an `outcomeId` column gets one made of its content, so that a file imported twice is the same records.
 * @throws AppError FRAUD_INPUT_INVALID when the file cannot be read or lacks columns
 */
export async function* readOutcomes(file: string, mapping: OutcomeMapping): AsyncGenerator<ReadOutcome> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GB' });
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = ${quoteText(mapping.zone)}`);
    const result = await connection.stream(selectOutcomes(file, mapping)).catch((cause: unknown) => {
      const sentence = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
      throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read: ${sentence}`, cause });
    });
    const toDraft = createOutcomeMapper(mapping);
    let row = 0;
    for await (const chunk of chunksOf(result)) {
      for (const cells of chunk.getRows()) {
        row++;
        yield toRead(row, () => toDraft(cells.map((cell) => (typeof cell === 'string' ? cell : undefined))));
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function toRead(row: number, map: () => OutcomeRow): ReadOutcome {
  try {
    return { row, draft: map() };
  } catch (error) {
    if (error instanceof AppError && error.kind === 'data') return { row, error };
    throw error;
  }
}

/** SQL of an instant as ISO 8601 in UTC. */
function isoExpression(time: OutcomeMapping['labeledAt'] | undefined): string {
  if (!time) return 'NULL';
  return `strftime(make_timestamp(1000 * ${timeExpression(time)}), '%Y-%m-%dT%H:%M:%S.%gZ')`;
}

function selectOutcomes(file: string, mapping: OutcomeMapping): string {
  const columns = outcomeColumns(mapping).map((name) => `CAST(${quoteName(name)} AS VARCHAR)`);
  const times = [isoExpression(mapping.labeledAt), isoExpression(mapping.transactionTime)];
  return `SELECT ${[...times, ...columns].join(', ')} FROM ${tableOf(file)} ORDER BY 1`;
}

type Cells = readonly (string | undefined)[];
type Fill = (cells: Cells, draft: Partial<Record<string, string>>) => void;

/** Cells in the order of the query → draft. */
function createOutcomeMapper(mapping: OutcomeMapping): (cells: Cells) => OutcomeRow {
  const columns = outcomeColumns(mapping);
  const cellOf = (cells: Cells, column: string): string | undefined =>
    cells[columns.indexOf(column) + 2] || undefined;
  const fillers: Fill[] = [
    ...Object.entries(mapping.fields).map(([field, source]): Fill => {
      if ('constant' in source) return (_cells, draft) => Object.assign(draft, { [field]: source.constant });
      return (cells, draft) => {
        const text = cellOf(cells, source.column);
        if (text !== undefined) draft[field] = (source.prefix ?? '') + text;
      };
    }),
    ...Object.entries(mapping.values).map(([column, translation]): Fill => {
      return (cells, draft) => Object.assign(draft, translate(column, cellOf(cells, column), translation));
    }),
  ];
  return (cells) => {
    const [labeledAt, transactionTime] = cells;
    const draft: Partial<Record<string, string>> = {
      portfolioId: mapping.name,
      source: mapping.name,
      ...(labeledAt && { labeledAt }),
      ...(transactionTime && { transactionTime }),
    };
    for (const fill of fillers) fill(cells, draft);
    draft.outcomeId ??= hash('sha256', JSON.stringify(draft)).slice(0, 32);
    return draft;
  };
}

/** @throws AppError FRAUD_FIELD_INVALID for a value that is not in the map, where the mapping refuses those */
function translate(
  column: string,
  value: string | undefined,
  { map, otherwise }: OutcomeMapping['values'][string],
): Readonly<Partial<Record<OutcomeField, string>>> {
  const known = value === undefined ? {} : map[value];
  if (known) return known;
  if (otherwise === 'missing') return {};
  throw new AppError('FRAUD_FIELD_INVALID', {
    field: column,
    detail: 'Expected a value that the mapping knows.',
  });
}
