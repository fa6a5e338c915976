// test/quality/sparkov-readings.ts: readings of Sparkov's rows by one encoder, kept and written out as they come, so that a run that was cut goes on.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_EVENT_COUNT, currentEventNames, writeCurrentEvent } from '../../shared/encoder/channels.ts';
import type { EncoderConfig, EncoderWeights } from '../../shared/encoder/definition.ts';
import { readingNames } from '../../shared/encoder/readings.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { readNpy, writeNpy } from './npy.ts';
import { openEncoder } from './open-encoder.ts';
import { burstNames } from './sparkov-bursts.ts';
import { type SparkovStore, sparkovCache } from './sparkov-store.ts';

const CHUNK_ROWS = 1024;
const SAVE_EVERY_MS = 120_000;

/** Readings by place of the row in the store. NaN: not read. */
export interface Readings {
  readonly names: readonly string[];
  readonly values: Float32Array;
}

/** Reads the rows that were not read before. */
export async function readRows(
  store: SparkovStore,
  parts: {
    /** Names the file: same name, same weights and reference. */
    readonly name: string;
    readonly config: EncoderConfig;
    readonly weights: EncoderWeights;
    readonly reference: PopulationReference;
    readonly rows: Iterable<number>;
  },
): Promise<Readings> {
  const { name, config, weights, reference, rows } = parts;
  const names = readingNames(config);
  const width = names.length;
  const file = join(sparkovCache(), `readings-${name}.npy`);
  const values = existsSync(file)
    ? readNpy(file, '<f4')
    : new Float32Array(store.rowCount * width).fill(Number.NaN);
  const missing = [...new Set(rows)].filter((row) => Number.isNaN(values[row * width]));
  if (missing.length === 0) return { names, values };
  const encoder = await openEncoder(config, weights, reference);
  let savedAt = performance.now();
  const startedAt = savedAt;
  try {
    for (let start = 0; start < missing.length; start += CHUNK_ROWS) {
      const chunk = missing.slice(start, start + CHUNK_ROWS);
      const contexts = chunk.map((row) => {
        const { events, count } = store.windowOf(row);
        return {
          portfolioId: 'sparkov',
          events: events.slice(),
          eventCount: count,
          features: new Float32Array(0),
        };
      });
      const encoded = await encoder.encodeMany(contexts);
      encoded.forEach(({ readings }, index) => {
        values.set(readings, (chunk[index] ?? 0) * width);
      });
      if (performance.now() - savedAt < SAVE_EVERY_MS) continue;
      writeNpy(file, values, [store.rowCount, width]);
      savedAt = performance.now();
      const took = ((savedAt - startedAt) / 1000).toFixed(0);
      process.stdout.write(`  ${name}: ${start + chunk.length} of ${missing.length} rows, ${took} s\n`);
    }
  } finally {
    await encoder.close();
  }
  writeNpy(file, values, [store.rowCount, width]);
  return { names, values };
}

/** Which columns rows are made of. */
export interface Families {
  readonly readings?: Readings | undefined;
  readonly features?: boolean;
  readonly event?: boolean;
  readonly bursts?: boolean;
}

/** Rows as head inputs, named as a full head names them; bursts are `burst-…`. */
export function selectRows(store: SparkovStore, rows: ArrayLike<number>, families: Families): HeadRows {
  const { readings, features, event, bursts } = families;
  const inputs = [
    ...(readings?.names ?? []),
    ...(features ? featureNames.map((name) => `feature-${name}`) : []),
    ...(event ? currentEventNames.map((name) => `event-${name}`) : []),
    ...(bursts ? burstNames.map((name) => `burst-${name}`) : []),
  ];
  const values = new Float32Array(rows.length * inputs.length);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? 0;
    let at = index * inputs.length;
    const copy = (from: Float32Array, width: number) => {
      values.set(from.subarray(row * width, (row + 1) * width), at);
      at += width;
    };
    if (readings) copy(readings.values, readings.names.length);
    if (features) copy(store.features, featureNames.length);
    if (event) {
      const { events, count } = store.windowOf(row);
      writeCurrentEvent(events, (count - 1) * EVENT_BYTES, values.subarray(at, at + CURRENT_EVENT_COUNT), 0);
      at += CURRENT_EVENT_COUNT;
    }
    if (bursts) copy(store.bursts, burstNames.length);
  }
  return { inputs, values, labels: Uint8Array.from(rows, (row) => store.labels[row] ?? 0) };
}
