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
import { roomQuery } from './query.sql.ts';
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

/** The system gives memory to what is written to, not to what is allocated: room for more rows than come costs nothing. */
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

const plainColumns = [
  'labels',
  'weights',
  'times',
  'knownAtMs',
  'windowOf',
  'rawScores',
  'scores',
  'cards',
] as const;
const textColumns = ['transactionIds', 'portfolios', 'merchants'] as const;

/** With room for `rows`, what is in `from` kept. */
function grow(from: Growing, rows: number, width: number): Growing {
  const into = allocate(rows, width);
  into.values.set(from.values);
  for (const name of plainColumns) into[name].set(from[name]);
  for (const name of textColumns)
    from[name].forEach((text, row) => {
      into[name][row] = text;
    });
  return into;
}

/** The first `rows` alone. */
function trim(from: Growing, rows: number, width: number): Growing {
  const plain = plainColumns.map((name) => [name, from[name].subarray(0, rows)] as const);
  const text = textColumns.map((name) => [name, from[name].slice(0, rows)] as const);
  return {
    ...from,
    ...Object.fromEntries([...plain, ...text]),
    values: from.values.subarray(0, rows * width),
  };
}

/**
 * Runs the query once: how many rows lie in the windows is an upper bound of its answer, and cheap to count.
 * @throws AppError FRAUD_MODEL_INVALID when stored rows have another width than the head's inputs
 */
export async function readRows(
  connection: DuckDBConnection,
  query: string,
  { inputs }: { readonly inputs: readonly string[] },
): Promise<TrainingColumns> {
  const width = inputs.length;
  const counted = await connection.runAndReadAll(
    `SELECT CAST(count(*) AS INTEGER) FROM (${roomQuery}) AS kept`,
  );
  let room = Number(counted.getRows()[0]?.[0] ?? 0);
  let columns = allocate(room, width);
  const names = createNames();
  let rows = 0;
  for await (const chunk of chunksOf(await connection.stream(selectFrom(query)))) {
    const read = readChunk(chunk);
    rows += read.rows;
    const needed = lastPlace(read) + 1;
    // Another query than ours, for tests, may give more.
    if (needed > room) {
      room = 2 * needed;
      columns = grow(columns, room, width);
    }
    takeChunk(read, columns, { width, names });
  }
  const trimmed = trim(columns, rows, width);
  return { ...trimmed, inputs, cards: numberInOrder(trimmed.cards) };
}

function lastPlace(chunk: ChunkReader): number {
  let last = -1;
  for (let row = 0; row < chunk.rows; row++) last = Math.max(last, chunk.number('place', row));
  return last;
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
