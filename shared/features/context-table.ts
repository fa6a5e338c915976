// shared/features/context-table.ts: many contexts packed for training: each card's events once, rows refer to ranges of them.
import type { Context } from '../domain/context.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { featureNames } from './velocity.ts';

/** Label of a row, for training: known truth, or none. */
export type RowLabel = 'fraud' | 'genuine' | 'unknown';
/** A label's place is its code. */
export const rowLabels: readonly RowLabel[] = ['unknown', 'fraud', 'genuine'];

/** What is added per transaction, in stream order. */
export interface TableEntry {
  /** Same key, same card. */
  readonly cardKey: string;
  readonly timeMs: number;
  readonly context: Context;
  readonly label: RowLabel;
}

/** Packed events of one card, oldest first. */
export interface CardEvents {
  readonly events: Uint8Array;
  readonly count: number;
}

/** Rows and events that are there. */
export interface ContextRows {
  readonly rowCount: number;
  readonly featureCount: number;
  readonly cardCount: number;
  /** Packed events of the row's context, its own last. Shares the table's memory: do not change, nor keep while adding. */
  windowOf(row: number): CardEvents;
  /** Features of the row. Shares the table's memory. */
  featuresOf(row: number): Float32Array;
  /** Event time, ms. */
  timeOf(row: number): number;
  /** Index of the row's card: 0 … cardCount − 1. */
  cardOf(row: number): number;
  labelOf(row: number): RowLabel;
  /** Whole event streams by card index, for pretraining. */
  eventsOfCard(card: number): CardEvents;
}

/** 48 bytes per event, and per row its features and 25 bytes: 500,000 rows of 72 features take about 190 MB. */
export interface ContextTable extends ContextRows {
  /** Adds the context as a row. Returns its index. */
  addRow(entry: TableEntry): number;
  /** Adds only the event: later windows of the card contain it, but it is no row (applied types, thinned rows). */
  addEvent(entry: { readonly cardKey: string; readonly event: Uint8Array }): void;
}

interface CardStream {
  events: Uint8Array;
  count: number;
}

const CHUNK_ROWS = 4_096;
const FIRST_EVENTS = 8;

function appendToStream(stream: CardStream, event: Uint8Array): void {
  const end = stream.count * EVENT_BYTES;
  if (end === stream.events.length) {
    const grown = new Uint8Array(Math.max(FIRST_EVENTS, stream.count * 2) * EVENT_BYTES);
    grown.set(stream.events);
    stream.events = grown;
  }
  stream.events.set(event, end);
  stream.count++;
}

/** True when the stream ends with exactly the context's window. */
function endsWith(stream: CardStream, { events, eventCount }: Context): boolean {
  if (stream.count < eventCount) return false;
  const tail = stream.events.subarray((stream.count - eventCount) * EVENT_BYTES, stream.count * EVENT_BYTES);
  return Buffer.compare(tail, events) === 0;
}

/** Fixed-size chunks instead of one growing array: no copy, no doubling of a large block. */
function createColumns(featureCount: number) {
  const chunks: {
    features: Float32Array;
    times: Float64Array;
    cards: Uint32Array;
    /** Events of the card's stream up to and including the row's own; 0: the window is kept apart. */
    ends: Uint32Array;
    counts: Uint8Array;
    labels: Uint8Array;
  }[] = [];
  return (row: number) => {
    const index = Math.floor(row / CHUNK_ROWS);
    let chunk = chunks[index];
    if (chunk === undefined) {
      chunk = {
        features: new Float32Array(CHUNK_ROWS * featureCount),
        times: new Float64Array(CHUNK_ROWS),
        cards: new Uint32Array(CHUNK_ROWS),
        ends: new Uint32Array(CHUNK_ROWS),
        counts: new Uint8Array(CHUNK_ROWS),
        labels: new Uint8Array(CHUNK_ROWS),
      };
      chunks[index] = chunk;
    }
    return chunk;
  };
}

/** An empty table. Add every event of a card in stream order, as rows or as events. */
export function createContextTable(featureCount: number = featureNames.length): ContextTable {
  const cardIndex = new Map<string, number>();
  const streams: CardStream[] = [];
  const apart = new Map<number, Uint8Array>();
  const chunkOf = createColumns(featureCount);
  let rowCount = 0;

  function streamOf(cardKey: string): { card: number; stream: CardStream } {
    const card = cardIndex.get(cardKey) ?? streams.length;
    const stream = streams[card] ?? { events: new Uint8Array(0), count: 0 };
    if (card === streams.length) {
      streams.push(stream);
      cardIndex.set(cardKey, card);
    }
    return { card, stream };
  }

  function addEvent(cardKey: string, event: Uint8Array): number {
    const { card, stream } = streamOf(cardKey);
    appendToStream(stream, event);
    return card;
  }

  return {
    get rowCount() {
      return rowCount;
    },
    get cardCount() {
      return streams.length;
    },
    featureCount,
    addEvent: ({ cardKey, event }) => void addEvent(cardKey, event),
    addRow(entry) {
      const { context } = entry;
      const own = context.events.subarray((context.eventCount - 1) * EVENT_BYTES);
      const card = addEvent(entry.cardKey, own);
      const row = rowCount++;
      const chunk = chunkOf(row);
      const at = row % CHUNK_ROWS;
      const stream = streams[card];
      chunk.features.set(context.features, at * featureCount);
      chunk.times[at] = entry.timeMs;
      chunk.cards[at] = card;
      chunk.counts[at] = context.eventCount;
      chunk.labels[at] = rowLabels.indexOf(entry.label);
      // Events that arrive late, or at the same millisecond, can make a window that the stream does not end with.
      if (stream !== undefined && endsWith(stream, context)) chunk.ends[at] = stream.count;
      else apart.set(row, context.events.slice());
      return row;
    },
    windowOf(row) {
      const chunk = chunkOf(row);
      const count = chunk.counts[row % CHUNK_ROWS] ?? 0;
      const kept = apart.get(row);
      if (kept !== undefined) return { events: kept, count };
      const end = chunk.ends[row % CHUNK_ROWS] ?? 0;
      const stream = streams[chunk.cards[row % CHUNK_ROWS] ?? 0];
      const events = stream?.events.subarray((end - count) * EVENT_BYTES, end * EVENT_BYTES);
      return { events: events ?? new Uint8Array(0), count };
    },
    featuresOf: (row) => {
      const at = (row % CHUNK_ROWS) * featureCount;
      return chunkOf(row).features.subarray(at, at + featureCount);
    },
    timeOf: (row) => chunkOf(row).times[row % CHUNK_ROWS] ?? Number.NaN,
    cardOf: (row) => chunkOf(row).cards[row % CHUNK_ROWS] ?? 0,
    labelOf: (row) => rowLabels[chunkOf(row).labels[row % CHUNK_ROWS] ?? 0] ?? 'unknown',
    eventsOfCard(card) {
      const stream = streams[card];
      if (stream === undefined) return { events: new Uint8Array(0), count: 0 };
      return { events: stream.events.subarray(0, stream.count * EVENT_BYTES), count: stream.count };
    },
  };
}
