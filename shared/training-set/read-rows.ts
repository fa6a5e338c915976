// shared/training-set/read-rows.ts: the query's answer → columns; each row into the place the query gave it, whatever order it comes in.
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBValue,
} from '@duckdb/node-api';
import { AppError } from '../errors.ts';
import { writeHeadInput } from '../head/head-inputs.ts';
import type { TrainingColumns } from './training-set.ts';
import { windowNames } from './windows.ts';

/** Order of the query's columns. */
const COLUMNS = [
  'place',
  'window_name',
  'portfolio_id',
  'transaction_id',
  'card_token',
  'event_time_ms',
  'label',
  'known_ms',
  'weight',
  'merchant_key',
  'event',
  'features',
  'readings',
  'raw_score',
  'score',
  'model_version',
] as const;
const names: readonly string[] = windowNames;
type Column = (typeof COLUMNS)[number];

type Growing = {
  -readonly [Name in keyof Omit<TrainingColumns, 'inputs' | 'cards'>]: TrainingColumns[Name];
} & {
  readonly transactionIds: string[];
  readonly portfolios: string[];
  readonly merchants: string[];
  readonly cardTokens: string[];
};

/** Float32 values of a blob; a copy where the bytes do not lie on a boundary of four. */
function toFloats({ bytes }: DuckDBBlobValue): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.byteLength >> 2);
}

function allocate(rows: number, width: number): Growing {
  return {
    values: new Float32Array(rows * width),
    labels: new Uint8Array(rows),
    weights: new Float32Array(rows),
    times: new Float64Array(rows),
    knownAtMs: new Float64Array(rows).fill(Number.NaN),
    windowOf: new Uint8Array(rows),
    rawScores: new Float64Array(rows),
    scores: new Float64Array(rows),
    transactionIds: new Array<string>(rows).fill(''),
    portfolios: new Array<string>(rows).fill(''),
    merchants: new Array<string>(rows).fill(''),
    cardTokens: new Array<string>(rows).fill(''),
  };
}

/**
 * Counts first (bytes are not touched for that): how many rows there are decides the size of the matrix.
 * @throws AppError FRAUD_MODEL_INVALID when stored rows have another width than the head's inputs
 */
export async function readRows(
  connection: DuckDBConnection,
  query: string,
  { inputs }: { readonly inputs: readonly string[] },
): Promise<TrainingColumns> {
  const counted = await connection.runAndReadAll(`SELECT CAST(count(*) AS INTEGER) FROM (${query}) AS made`);
  const rows = Number(counted.getRows()[0]?.[0] ?? 0);
  const columns = allocate(rows, inputs.length);
  const result = await connection.stream(`SELECT ${COLUMNS.join(', ')} FROM (${query}) AS made`);
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    takeChunk(chunk, columns, inputs.length);
  }
  const { cardTokens, ...kept } = columns;
  return { ...kept, inputs, cards: numberCards(cardTokens) };
}

function takeChunk(chunk: DuckDBDataChunk, into: Growing, width: number): void {
  const vectors = COLUMNS.map((_, index) => chunk.getColumnVector(index));
  const cell = (name: Column, row: number): DuckDBValue =>
    vectors[COLUMNS.indexOf(name)]?.getItem(row) ?? null;
  const number = (name: Column, row: number): number => {
    const value = cell(name, row);
    return value === null ? Number.NaN : Number(value);
  };
  for (let row = 0; row < chunk.rowCount; row++) {
    const place = number('place', row);
    const [event, features, readings] = [cell('event', row), cell('features', row), cell('readings', row)];
    if (
      !(
        event instanceof DuckDBBlobValue &&
        features instanceof DuckDBBlobValue &&
        readings instanceof DuckDBBlobValue
      )
    ) {
      throw new AppError('FRAUD_MODEL_INVALID', { detail: 'A row has no event, features or readings.' });
    }
    writeHeadInput(
      { events: event.bytes, features: toFloats(features), readings: toFloats(readings) },
      into.values.subarray(place * width, (place + 1) * width),
    );
    into.labels[place] = number('label', row);
    into.weights[place] = number('weight', row);
    into.times[place] = number('event_time_ms', row);
    into.knownAtMs[place] = number('known_ms', row);
    into.windowOf[place] = names.indexOf(String(cell('window_name', row)));
    into.rawScores[place] = number('raw_score', row);
    into.scores[place] = number('score', row);
    into.transactionIds[place] = String(cell('transaction_id', row));
    into.portfolios[place] = String(cell('portfolio_id', row));
    into.merchants[place] = String(cell('merchant_key', row) ?? '');
    into.cardTokens[place] = `${cell('portfolio_id', row)}|${cell('card_token', row)}`;
  }
}

function numberCards(cardTokens: readonly string[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(cardTokens, (token) => {
    const known = numbers.get(token) ?? numbers.size;
    numbers.set(token, known);
    return known;
  });
}
