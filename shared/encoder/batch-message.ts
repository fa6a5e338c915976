// shared/encoder/batch-message.ts: many rows in one shared buffer, so that a batch crosses to a worker as one small message instead of many copies.
//
// i32 × 3 per row (event count, portfolio index, features present 0/1) ‖ f32 features, featureWidth per row ‖ packed events of all rows, one after another.
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { EncoderRow } from './encoder.ts';

const HEADER_BYTES = 12;

/** What a packed buffer holds; travels beside it. */
export interface BatchShape {
  readonly rowCount: number;
  /** Padded length T. */
  readonly length: number;
  readonly featureWidth: number;
}

/**
 * Memory of one batch on its way, seen by both threads and used again and again: transferred buffers would be new objects at every crossing,
 * whose size drives the garbage collector (measured: half of the main thread's time per row).
 * Whoever holds the last message about a slot owns it.
 */
export interface BatchSlot {
  /** A packed batch. */
  readonly input: SharedArrayBuffer;
  /** f32 per row: its readings, then one raw score per head (NaN where the row carried no features). */
  readonly output: SharedArrayBuffer;
}

/** Main thread → worker: slot `slot` holds a batch. */
export interface BatchRequest extends BatchShape {
  readonly kind: 'batch';
  readonly slot: number;
}

/** Where the time of a batch went, milliseconds. */
export interface BatchTimings {
  readonly inputsMs: number;
  readonly encoderMs: number;
  readonly readingsMs: number;
  readonly headsMs: number;
}

/** Worker → main thread: the slot's output is written. */
export interface BatchAnswer {
  readonly kind: 'answer';
  readonly slot: number;
  /** Rows whose readings or first raw score are not finite. */
  readonly failedRows: readonly number[];
  readonly timings: BatchTimings;
}

/** Worker → main thread: nothing of the batch can be used. */
export interface BatchFailure {
  readonly kind: 'failure';
  readonly slot: number;
  readonly reason: string;
}

/** Bytes of an input that holds any batch of at most `rows` rows and `positions` padded positions. */
export function inputBytes(rows: number, positions: number, featureWidth: number): number {
  return rows * (HEADER_BYTES + featureWidth * 4) + positions * EVENT_BYTES;
}

/** Copies `rows` into `buffer`; of a row longer than T only the newest T events. Inputs are left unchanged. */
export function packBatch(
  rows: readonly EncoderRow[],
  shape: BatchShape,
  portfolioIndexOf: (portfolioId: string) => number,
  buffer: SharedArrayBuffer,
): void {
  const header = new Int32Array(buffer, 0, rows.length * 3);
  const features = new Float32Array(buffer, rows.length * HEADER_BYTES, rows.length * shape.featureWidth);
  const events = new Uint8Array(buffer, rows.length * (HEADER_BYTES + shape.featureWidth * 4));
  let eventAt = 0;
  rows.forEach((row, at) => {
    const eventCount = Math.min(row.eventCount, shape.length);
    const skipped = (row.eventCount - eventCount) * EVENT_BYTES;
    const bytes = eventCount * EVENT_BYTES;
    header[at * 3] = eventCount;
    header[at * 3 + 1] = portfolioIndexOf(row.portfolioId);
    const hasFeatures = shape.featureWidth > 0 && row.features.length > 0;
    header[at * 3 + 2] = hasFeatures ? 1 : 0;
    if (hasFeatures) features.set(row.features, at * shape.featureWidth);
    const isExact = skipped === 0 && row.events.byteLength === bytes;
    events.set(isExact ? row.events : row.events.subarray(skipped, skipped + bytes), eventAt);
    eventAt += bytes;
  });
}

/** One row of a received buffer, as views. */
export interface PackedRow {
  readonly eventCount: number;
  readonly portfolioIndex: number;
  readonly events: Uint8Array;
  /** Undefined when the row carried none. */
  readonly features: Float32Array | undefined;
}

/** Rows of a packed buffer as views; nothing is copied. */
export function unpackBatch(buffer: SharedArrayBuffer, { rowCount, featureWidth }: BatchShape): PackedRow[] {
  const header = new Int32Array(buffer, 0, rowCount * 3);
  const featuresAt = rowCount * HEADER_BYTES;
  let eventsAt = featuresAt + rowCount * featureWidth * 4;
  return Array.from({ length: rowCount }, (_, at) => {
    const eventCount = header[at * 3] ?? 0;
    const events = new Uint8Array(buffer, eventsAt, eventCount * EVENT_BYTES);
    eventsAt += events.byteLength;
    const hasFeatures = header[at * 3 + 2] === 1;
    return {
      eventCount,
      portfolioIndex: header[at * 3 + 1] ?? 0,
      events,
      features: hasFeatures
        ? new Float32Array(buffer, featuresAt + at * featureWidth * 4, featureWidth)
        : undefined,
    };
  });
}
