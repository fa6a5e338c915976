// test/support/encoder-rows.ts: seeded rows, a reference and graphs for encoder tests and benches: random contexts of any length.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { CURRENT_EVENT_COUNT } from '../../shared/encoder/channels.ts';
import { type EncoderConfig, randomWeights } from '../../shared/encoder/definition.ts';
import type { EncoderRow } from '../../shared/encoder/encoder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { readingLayout } from '../../shared/encoder/readings.ts';
import type { HeadGraph } from '../../shared/encoder/worker-protocol.ts';
import { CATEGORY_COUNT, ENTRY_MODE_COUNT } from '../../shared/features/codes.ts';
import {
  AMOUNT_BINS,
  HOUR_BINS,
  type PopulationReference,
} from '../../shared/features/population-reference.ts';
import { writeHeadGraph } from '../../shared/head/head-graph.ts';
import { EVENT_BYTES, EVENT_FLAGS, WINDOW, writeEvent } from '../../shared/sequence/packed-event.ts';

/** Velocity features of the sample rows and heads; any number will do. */
export const SAMPLE_FEATURES = 24;
const HOUR_MS = 3_600_000;
const FIRST_TIME_MS = 1_750_000_000_000;

export interface SampleRows {
  readonly seed: number;
  readonly rows: number;
  /** Events per row, own included; random in 1 … WINDOW when absent. */
  readonly eventCount?: number;
  /** SAMPLE_FEATURES when absent. */
  readonly featureWidth?: number;
  readonly portfolioId?: string;
}

type Generator = ReturnType<typeof xoroshiro128plus>;

/** One card's events: plausible fields, some missing. */
function sampleEvents(generator: Generator, eventCount: number): Uint8Array {
  const bytes = new Uint8Array(eventCount * EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  const draw = (spread: number) => (uniformFloat64(generator) - 0.5) * spread;
  let timeMs = FIRST_TIME_MS + uniformInt(generator, 0, 1000) * HOUR_MS;
  for (let at = 0; at < eventCount; at++) {
    const gapMs = uniformInt(generator, 1, 80 * HOUR_MS);
    timeMs += gapMs;
    writeEvent(view, at * EVENT_BYTES, {
      timeMs,
      idLow: uniformInt(generator, 0, 0x7fffffff),
      idHigh: at,
      type: 1,
      entryMode: uniformInt(generator, 0, ENTRY_MODE_COUNT - 1),
      category: uniformInt(generator, 0, CATEGORY_COUNT - 1),
      country: uniformInt(generator, 0, 5),
      flags: EVENT_FLAGS.currencyKnown | uniformInt(generator, 0, 127),
      monthsPastDue: 0,
      amount: Math.exp(draw(4)),
      levelDifference: at < 3 ? Number.NaN : draw(4),
      levelZ: at < 3 ? Number.NaN : draw(8),
      categoryDifference: uniformFloat64(generator) < 0.3 ? Number.NaN : draw(3),
      categoryGapLog: uniformFloat64(generator) < 0.3 ? Number.NaN : 10 + draw(6),
      gapLog: at === 0 ? Number.NaN : Math.log1p(gapMs / 1000),
      authentication: uniformInt(generator, 0, 2047),
      merchantHash: uniformInt(generator, 1, 0x7fffffff),
      burstRatio: uniformFloat64(generator) * 5,
    });
  }
  return bytes;
}

/** Same seed, same rows. */
export function sampleRows(options: SampleRows): EncoderRow[] {
  const generator = xoroshiro128plus(options.seed);
  const { featureWidth = SAMPLE_FEATURES, portfolioId = 'default' } = options;
  return Array.from({ length: options.rows }, () => {
    const eventCount = options.eventCount ?? uniformInt(generator, 1, WINDOW);
    const events = sampleEvents(generator, eventCount);
    const features = Float32Array.from({ length: featureWidth }, () => uniformFloat64(generator) * 2 - 1);
    return { portfolioId, events, eventCount, features };
  });
}

/** A reference in which every amount bin and hour is equally likely. */
export function sampleReference(portfolioId = 'default'): PopulationReference {
  const time = new Date(FIRST_TIME_MS).toISOString();
  return {
    portfolioId,
    madeFrom: { firstEventTime: time, lastEventTime: time, transactions: 1 },
    currencyMedians: { '*': 1 },
    amount: {
      quantile95: 1.6,
      quantile99: 2.3,
      mean: 0,
      standardDeviation: 1,
      binLogProbabilities: new Array(AMOUNT_BINS).fill(-Math.log(AMOUNT_BINS)),
    },
    cardLevel: { mean: 1, standardDeviation: 1 },
    hourLogProbabilities: new Array(HOUR_BINS).fill(-Math.log(HOUR_BINS)),
    tails: {},
  };
}

/** ONNX bytes of an encoder with random weights. */
export const sampleEncoder = (config: EncoderConfig, seed = 7): Uint8Array =>
  toOnnxModel(config, randomWeights(config, seed));

/** A head with one hidden layer and random weights over readings ‖ SAMPLE_FEATURES ‖ current event. */
export function sampleHead(config: EncoderConfig, seed = 11, hidden = 32): HeadGraph {
  const generator = xoroshiro128plus(seed);
  const width = readingLayout(config).count + SAMPLE_FEATURES + CURRENT_EVENT_COUNT;
  const random = (length: number, spread: number) =>
    Float32Array.from({ length }, () => (uniformFloat64(generator) * 2 - 1) * spread);
  const graph = writeHeadGraph(
    {
      inputs: Array.from({ length: width }, (_, at) => `input-${at}`),
      mean: new Float32Array(width),
      scale: new Float32Array(width).fill(1),
      layers: [
        { inputs: width, outputs: hidden, weights: random(width * hidden, 0.2), bias: random(hidden, 0.1) },
        { inputs: hidden, outputs: 1, weights: random(hidden, 0.5), bias: random(1, 0.1) },
      ],
    },
    {},
  );
  return { modelVersion: `sample-${seed}`, graph };
}
