// shared/training/mlp-batch.ts: rows of a batch, standardised, encoded and with inputs dropped, in one pass of plain arithmetic: no second copy of the whole set.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { HeadRows, Standardisation } from '../head/fit-head.ts';
import { firstWidthOf, standardise } from '../head/head-weights.ts';
import { encodePiecewise, type PiecewiseEncoding } from '../head/piecewise.ts';

/** Views that hold until the next batch is taken. */
export interface MlpBatch {
  readonly rows: number;
  readonly width: number;
  /** (rows, width), row-major. */
  readonly inputs: Float32Array;
  readonly labels: Float32Array;
  readonly weights: Float32Array;
}

export type BatchTaker = (picked: Uint32Array) => MlpBatch;

export interface BatchSettings {
  readonly standardisation: Standardisation;
  readonly encoding: PiecewiseEncoding | undefined;
  /** Probability that an input is zeroed; the others are scaled up, so that their sum stays. */
  readonly dropout: number;
  readonly batchRows: number;
  readonly seed: number;
}

/** Bits of a draw that decide about one input: half a word, so that a draw serves two. */
const HALF = 0xffff;

export function createBatchTaker(rows: HeadRows, settings: BatchSettings): BatchTaker {
  const columns = rows.inputs.length;
  const { standardisation, encoding, dropout, batchRows, seed } = settings;
  const width = firstWidthOf({ inputs: rows.inputs, encoding });
  const inputs = new Float32Array(Math.min(batchRows, rows.labels.length) * width);
  const labels = new Float32Array(batchRows);
  const weights = new Float32Array(batchRows);
  const drop = createDropout(dropout, seed);
  return (picked) => {
    for (let at = 0; at < picked.length; at++) {
      const row = picked[at] ?? 0;
      const raw = rows.values.subarray(row * columns, (row + 1) * columns);
      const start = at * width;
      standardise(standardisation, raw, inputs.subarray(start, start + columns));
      if (encoding) encodePiecewise(encoding, raw, inputs, start + columns);
      labels[at] = rows.labels[row] ?? 0;
      weights[at] = rows.weights?.[row] ?? 1;
    }
    const taken = inputs.subarray(0, picked.length * width);
    drop(taken);
    const count = picked.length;
    return {
      rows: count,
      width,
      inputs: taken,
      labels: labels.subarray(0, count),
      weights: weights.subarray(0, count),
    };
  };
}

/** Its own generator: the order of rows stays what it is without it. */
function createDropout(rate: number, seed: number): (values: Float32Array) => void {
  if (rate <= 0) return () => {};
  const generator = xoroshiro128plus(seed ^ 0x5bd1e995);
  const below = Math.round(rate * (HALF + 1));
  const scale = 1 / (1 - rate);
  return (values) => {
    let bits = 0;
    for (let at = 0; at < values.length; at++) {
      bits = at % 2 === 0 ? generator.next() : bits >>> 16;
      values[at] = (bits & HALF) < below ? 0 : (values[at] ?? 0) * scale;
    }
  };
}
