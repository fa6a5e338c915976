// shared/features/packed-table.ts: a context table as plain columns, to be kept on disk, and columns as a table again.
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { type ContextRows, rowLabels } from './context-table.ts';

/** Columns of a table. Events of card c are those from firstEvent[c] up to firstEvent[c + 1]; behind them lie windows kept apart. */
export interface PackedTable {
  readonly events: Uint8Array;
  readonly firstEvent: Uint32Array;
  /** (rows, features), row-major. */
  readonly features: Float32Array;
  readonly times: Float64Array;
  readonly cards: Uint32Array;
  /** First event of the row's window, and how many it holds. */
  readonly windowFrom: Uint32Array;
  readonly windowCount: Uint8Array;
  readonly labels: Uint8Array;
}

/** Places of windows that no card's stream holds, each once per row, behind `end` events. */
function createApart(end: number) {
  const kept: Uint8Array[] = [];
  let next = end;
  return {
    add(events: Uint8Array): number {
      const at = next;
      kept.push(events);
      next += events.length / EVENT_BYTES;
      return at;
    },
    writeInto(streams: Uint8Array): Uint8Array {
      const all = new Uint8Array(next * EVENT_BYTES);
      all.set(streams);
      let at = end * EVENT_BYTES;
      for (const events of kept) {
        all.set(events, at);
        at += events.length;
      }
      return all;
    },
  };
}

/** Columns of the table; its memory is copied. */
export function packTable(table: ContextRows): PackedTable {
  const { rowCount, cardCount, featureCount } = table;
  const firstEvent = new Uint32Array(cardCount + 1);
  for (let card = 0; card < cardCount; card++)
    firstEvent[card + 1] = (firstEvent[card] ?? 0) + table.eventsOfCard(card).count;
  const eventCount = firstEvent[cardCount] ?? 0;
  const streams = new Uint8Array(eventCount * EVENT_BYTES);
  for (let card = 0; card < cardCount; card++)
    streams.set(table.eventsOfCard(card).events, (firstEvent[card] ?? 0) * EVENT_BYTES);
  const apart = createApart(eventCount);
  const features = new Float32Array(rowCount * featureCount);
  const windowFrom = Uint32Array.from({ length: rowCount }, (_, row) => {
    const card = table.cardOf(row);
    const { events } = table.windowOf(row);
    const stream = table.eventsOfCard(card).events;
    features.set(table.featuresOf(row), row * featureCount);
    // A window that the card's stream holds shares its memory.
    if (events.buffer !== stream.buffer) return apart.add(events);
    return (firstEvent[card] ?? 0) + (events.byteOffset - stream.byteOffset) / EVENT_BYTES;
  });
  const rows = { length: rowCount };
  return {
    events: apart.writeInto(streams),
    firstEvent,
    features,
    times: Float64Array.from(rows, (_, row) => table.timeOf(row)),
    cards: Uint32Array.from(rows, (_, row) => table.cardOf(row)),
    windowFrom,
    windowCount: Uint8Array.from(rows, (_, row) => table.windowOf(row).count),
    labels: Uint8Array.from(rows, (_, row) => rowLabels.indexOf(table.labelOf(row))),
  };
}

/** The table that these columns were made of; nothing can be added to it. */
export function openTable(packed: PackedTable): ContextRows {
  const { events, firstEvent, features, times, cards, windowFrom, windowCount, labels } = packed;
  const rowCount = times.length;
  const featureCount = rowCount === 0 ? 0 : features.length / rowCount;
  const cut = (from: number, count: number) => ({
    events: events.subarray(from * EVENT_BYTES, (from + count) * EVENT_BYTES),
    count,
  });
  return {
    rowCount,
    featureCount,
    cardCount: firstEvent.length - 1,
    windowOf: (row) => cut(windowFrom[row] ?? 0, windowCount[row] ?? 0),
    featuresOf: (row) => features.subarray(row * featureCount, (row + 1) * featureCount),
    timeOf: (row) => times[row] ?? Number.NaN,
    cardOf: (row) => cards[row] ?? 0,
    labelOf: (row) => rowLabels[labels[row] ?? 0] ?? 'unknown',
    eventsOfCard: (card) => cut(firstEvent[card] ?? 0, (firstEvent[card + 1] ?? 0) - (firstEvent[card] ?? 0)),
  };
}
