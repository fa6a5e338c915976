// test/quality/handbook-rows.ts: rows of the Handbook as head inputs: readings of an encoder ‖ features ‖ current event, chosen by family.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_EVENT_COUNT, currentEventNames, writeCurrentEvent } from '../../shared/encoder/channels.ts';
import type { EncoderConfig } from '../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { readingNames } from '../../shared/encoder/readings.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { type HandbookData, handbookCache } from './handbook-data.ts';
import { readNpy, writeNpy } from './npy.ts';

/** Which inputs a head sees. Readings by row, in the order of `readingNames`. */
export interface InputFamilies {
  readonly readings?: { readonly values: Float32Array; readonly names: readonly string[] } | undefined;
  readonly features: boolean;
  readonly event: boolean;
}

/** The rows with the inputs of these families, named as a full head names them. */
export function selectInputs(data: HandbookData, rows: Int32Array, families: InputFamilies): HeadRows {
  const { readings, features, event } = families;
  const inputs = [
    ...(readings?.names ?? []),
    ...(features ? featureNames.map((name) => `feature-${name}`) : []),
    ...(event ? currentEventNames.map((name) => `event-${name}`) : []),
  ];
  const values = new Float32Array(rows.length * inputs.length);
  rows.forEach((row, index) => {
    let at = index * inputs.length;
    if (readings) {
      const width = readings.names.length;
      values.set(readings.values.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
    if (features) {
      const width = featureNames.length;
      values.set(data.features.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
    if (!event) return;
    const { events, count } = data.windowOf(row);
    writeCurrentEvent(events, (count - 1) * EVENT_BYTES, values.subarray(at, at + CURRENT_EVENT_COUNT), 0);
  });
  return { inputs, values, labels: Uint8Array.from(rows, (row) => data.labels[row] ?? 0) };
}

export interface NamedEncoder {
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
  readonly model: Uint8Array;
}

const CHUNK_ROWS = 1024;

/**
 * Readings of these rows by this encoder, in an array for all rows; other rows are NaN unless they were read before. Kept, so that an
 * encoder reads a row once.
 */
export async function readingsOf(
  data: HandbookData,
  { encoderVersion, config, model }: NamedEncoder,
  rows: Iterable<number>,
): Promise<Required<InputFamilies>['readings']> {
  const names = readingNames(config);
  const width = names.length;
  const file = join(handbookCache(), `readings-${encoderVersion}.npy`);
  const values = existsSync(file)
    ? readNpy(file, '<f4')
    : new Float32Array(data.rowCount * width).fill(Number.NaN);
  const missing = [...new Set(rows)].filter((row) => Number.isNaN(values[row * width]));
  if (missing.length === 0) return { names, values };
  const encoder = await createOnnxEncoder({
    encoderModel: model,
    encoderVersion,
    config,
    heads: [],
    references: { '*': data.reference },
  });
  try {
    for (let start = 0; start < missing.length; start += CHUNK_ROWS) {
      const chunk = missing.slice(start, start + CHUNK_ROWS);
      const encoded = await encoder.encodeMany(
        chunk.map((row) => {
          const { events, count } = data.windowOf(row);
          return {
            portfolioId: 'default',
            events: events.slice(),
            eventCount: count,
            features: new Float32Array(0),
          };
        }),
      );
      encoded.forEach(({ readings }, index) => {
        values.set(readings, (chunk[index] ?? 0) * width);
      });
    }
  } finally {
    await encoder.close();
  }
  writeNpy(file, values, [data.rowCount, width]);
  return { names, values };
}
