// shared/encoder/recording-encoder.ts: double of the Encoder port for tests: no threads, no model, same rows same answers; remembers what it was asked.
import type { AppError } from '../errors.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { paddedLengthOf } from './channels.ts';
import { type EncoderConfig, encoderConfigs } from './definition.ts';
import type { EncodedRow, Encoder, EncoderRow } from './encoder.ts';
import { readingLayout } from './readings.ts';

export interface RecordingEncoderOptions {
  /** Sets how many readings there are; `tiny` when absent. */
  readonly config?: EncoderConfig;
  /** Raw scores of a row with features, one per head; one head that scores ln(amount over median) when absent. */
  readonly rawScoresOf?: (row: EncoderRow) => readonly number[];
}

export interface RecordingEncoder extends Encoder {
  /** Every `encodeMany` so far, oldest first. */
  readonly calls: readonly (readonly EncoderRow[])[];
  /** Every later call rejects with `error`, until `undefined` is given. */
  refuseWith(error: AppError | undefined): void;
}

/** Checksum of the events the encoder would see: FNV-1a, 32 bits. */
function checksum(row: EncoderRow): number {
  let hash = 0x811c9dc5;
  for (const byte of row.events.subarray(0, row.eventCount * EVENT_BYTES)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

function logAmount({ events, eventCount }: EncoderRow): number {
  const view = new DataView(events.buffer, events.byteOffset);
  return Math.log(view.getFloat32((eventCount - 1) * EVENT_BYTES + 20, true) + 0.01);
}

/** All families finite and in their ranges: embedding in ±1, log-probabilities ≤ 0, divergences and bits ≥ 0. */
function inventReadings(row: EncoderRow, config: EncoderConfig): Float32Array {
  const layout = readingLayout(config);
  const seed = checksum(row);
  return Float32Array.from({ length: layout.count }, (_, at) => {
    const wave = Math.sin((seed % 100_003) + at * 1.7);
    if (at < layout.forecasts) return wave;
    return at < layout.forecasts + 2 ? -3 * Math.abs(wave) : 4 * Math.abs(wave);
  });
}

/** @returns an encoder whose readings are invented from the bytes of each row */
export function createRecordingEncoder(options: RecordingEncoderOptions = {}): RecordingEncoder {
  const { config = encoderConfigs.tiny, rawScoresOf = (row) => [logAmount(row)] } = options;
  const calls: (readonly EncoderRow[])[] = [];
  let refusal: AppError | undefined;
  let positions = 0;

  const encodeOne = (row: EncoderRow): EncodedRow => ({
    readings: inventReadings(row, config),
    rawScores: Float32Array.from(row.features.length > 0 ? rawScoresOf(row) : []),
  });

  return {
    encoderVersion: `recording-${config.name}`,
    provider: 'cpu',
    calls,
    refuseWith(error) {
      refusal = error;
    },
    async encodeMany(rows) {
      if (refusal) throw refusal;
      calls.push(rows.map((row) => ({ ...row, events: row.events.slice(), features: row.features.slice() })));
      const held = rows.reduce((sum, { eventCount }) => sum + paddedLengthOf(eventCount), 0);
      positions += held;
      // One turn of the queue, as a real encoder never answers within the call.
      await Promise.resolve();
      positions -= held;
      return rows.map(encodeOne);
    },
    queuedPositions: () => positions,
    close: async () => {},
  };
}
