// shared/training-set/read-rows.ts: the query's answer → columns; each row into the place the query gave it, whatever order it comes in.
import {
  DuckDBBlobVector,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDoubleVector,
} from '@duckdb/node-api';
import { chunksOf, floatsOf } from '../archive/duck-values.ts';
import { AppError } from '../errors.ts';
import { writeHeadInput } from '../head/head-inputs.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { TrainingColumns } from './training-set.ts';
import { windowNames } from './windows.ts';

/** Numbers come as doubles: eight bytes of a vector are one number, where 64-bit integers would each become an object. */
const numbers = ['place', 'event_time_ms', 'label', 'known_ms', 'weight', 'raw_score', 'score'] as const;
const texts = ['portfolio_id', 'transaction_id', 'merchant_key'] as const;
type NumberColumn = (typeof numbers)[number];
type TextColumn = (typeof texts)[number];
/** Numbers made here, after those of the query. */
const made = {
  /** By place in `windowNames`. */
  window: `list_position([${windowNames.map((name) => `'${name}'`).join(', ')}], window_name) - 1`,
  /** Tells cards apart and nothing else: they are numbered by first appearance. 53 bits are a whole double. */
  card: "hash(portfolio_id || '|' || card_token) % 9007199254740992",
  featureBytes: 'octet_length(features)',
} as const;
type MadeColumn = keyof typeof made;
/** In one piece: every value that is longer than twelve bytes costs a call into the library. */
const PACKED = 'event || features || readings';

function selectFrom(query: string): string {
  const columns = [
    ...[...numbers, ...Object.values(made)].map((sql) => `CAST(${sql} AS DOUBLE)`),
    ...texts,
    PACKED,
  ];
  return `SELECT ${columns.join(', ')} FROM (${query}) AS rows`;
}

const numberNames: readonly (NumberColumn | MadeColumn)[] = [
  ...numbers,
  ...(Object.keys(made) as MadeColumn[]),
];
const TEXTS_FROM = numberNames.length;
const PACKED_AT = TEXTS_FROM + texts.length;

type Growing = {
  -readonly [Name in keyof Omit<TrainingColumns, 'inputs'>]: TrainingColumns[Name];
} & {
  readonly transactionIds: string[];
  readonly portfolios: string[];
  readonly merchants: string[];
};

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
    cards: new Uint32Array(rows),
    transactionIds: new Array<string>(rows).fill(''),
    portfolios: new Array<string>(rows).fill(''),
    merchants: new Array<string>(rows).fill(''),
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
  const names = createNames();
  const result = await connection.stream(selectFrom(query));
  for await (const chunk of chunksOf(result)) {
    takeChunk(readChunk(chunk), columns, { width: inputs.length, names });
  }
  return { ...columns, inputs, cards: numberInOrder(columns.cards) };
}

/** Values of one chunk of the answer. */
interface ChunkReader {
  readonly rows: number;
  number(name: NumberColumn | MadeColumn, row: number): number;
  text(name: TextColumn, row: number): string;
  /** Event, features and readings one after another. */
  packed(row: number): Uint8Array;
}

const numberAt = toPlaces(numberNames, 0);
const textAt = toPlaces(texts, TEXTS_FROM);

function readChunk(chunk: DuckDBDataChunk): ChunkReader {
  const vectors = Array.from({ length: PACKED_AT + 1 }, (_, at) => chunk.getColumnVector(at));
  const blobs = vectors[PACKED_AT];
  return {
    rows: chunk.rowCount,
    number: (name, row) => {
      const vector = vectors[numberAt[name]];
      return vector instanceof DuckDBDoubleVector ? (vector.getItem(row) ?? Number.NaN) : Number.NaN;
    },
    text: (name, row) => String(vectors[textAt[name]]?.getItem(row) ?? ''),
    packed: (row) => {
      const bytes = blobs instanceof DuckDBBlobVector ? blobs.getItemBytes(row) : null;
      if (bytes) return bytes;
      throw new AppError('FRAUD_MODEL_INVALID', { detail: 'A row has no event, features or readings.' });
    },
  };
}

/** Place of each name in a list, `from` on. */
function toPlaces<Name extends string>(names: readonly Name[], from: number): Readonly<Record<Name, number>> {
  const places = names.map((name, index) => [name, from + index] as const);
  return Object.fromEntries(places) as Record<Name, number>;
}

interface Names {
  /** One text for all that are equal: a million rows name a few merchants. */
  shared(text: string): string;
  /** Number of a card, by first sight. */
  cardOf(hash: number): number;
}

function createNames(): Names {
  const kept = new Map<string, string>();
  const cards = new Map<number, number>();
  return {
    shared: (text) => {
      const known = kept.get(text);
      if (known === undefined) kept.set(text, text);
      return known ?? text;
    },
    cardOf: (hash) => {
      const number = cards.get(hash) ?? cards.size;
      cards.set(hash, number);
      return number;
    },
  };
}

function takeChunk(
  chunk: ChunkReader,
  into: Growing,
  { width, names }: { readonly width: number; readonly names: Names },
): void {
  for (let row = 0; row < chunk.rows; row++) {
    const place = chunk.number('place', row);
    const packed = chunk.packed(row);
    const readingsFrom = EVENT_BYTES + chunk.number('featureBytes', row);
    writeHeadInput(
      {
        events: packed.subarray(0, EVENT_BYTES),
        features: floatsOf(packed.subarray(EVENT_BYTES, readingsFrom)),
        readings: floatsOf(packed.subarray(readingsFrom)),
      },
      into.values.subarray(place * width, (place + 1) * width),
    );
    into.labels[place] = chunk.number('label', row);
    into.weights[place] = chunk.number('weight', row);
    into.times[place] = chunk.number('event_time_ms', row);
    into.knownAtMs[place] = chunk.number('known_ms', row);
    into.windowOf[place] = chunk.number('window', row);
    into.rawScores[place] = chunk.number('raw_score', row);
    into.scores[place] = chunk.number('score', row);
    into.transactionIds[place] = chunk.text('transaction_id', row);
    into.portfolios[place] = names.shared(chunk.text('portfolio_id', row));
    into.merchants[place] = names.shared(chunk.text('merchant_key', row));
    into.cards[place] = names.cardOf(chunk.number('card', row));
  }
}

/** Numbers by first appearance in order of place: what order the answer came in must not show. */
function numberInOrder(cards: Uint32Array): Uint32Array {
  const numbers = new Map<number, number>();
  return cards.map((card) => {
    const known = numbers.get(card) ?? numbers.size;
    numbers.set(card, known);
    return known;
  });
}
