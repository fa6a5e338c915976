// shared/encoder/weights.ts: reads weights by name and derives tables from them: columns, relative bias with causal mask.
import { AppError } from '../errors.ts';
import type { EncoderConfig, EncoderWeights } from './definition.ts';

/** Score of a key that must not be seen: exp of it is 0 in float32, also after a bias is added. */
export const UNSEEN = -1e9;

/** @throws AppError FRAUD_MODEL_INVALID when there is no such weight */
export function readWeight(weights: EncoderWeights, name: string): Float32Array {
  const values = weights.get(name);
  if (!values) throw new AppError('FRAUD_MODEL_INVALID', { field: name, detail: 'The weight is missing.' });
  return values;
}

/** Columns [from, to) of a row-major matrix of `rows` rows. */
export function sliceColumns(
  matrix: Float32Array,
  rows: number,
  [from, to]: readonly [number, number],
): Float32Array {
  const width = matrix.length / rows;
  const part = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++) {
    part.set(matrix.subarray(row * width + from, row * width + to), row * (to - from));
  }
  return part;
}

/**
 * Relative-position bias (heads, window), by distance, spread to (heads, queries, window) for the last `queries`
 * positions; keys that lie ahead of their query are UNSEEN.
 */
export function causalTable(relative: Float32Array, config: EncoderConfig, queries: number): Float32Array {
  const { heads, window } = config;
  const spread = new Float32Array(heads * queries * window).fill(UNSEEN);
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < queries; query++) {
      const position = window - queries + query;
      const row = (head * queries + query) * window;
      for (let key = 0; key <= position; key++) {
        spread[row + key] = relative[head * window + position - key] ?? 0;
      }
    }
  }
  return spread;
}
