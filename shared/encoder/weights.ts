// shared/encoder/weights.ts: reads weights by name and spreads the relative-position bias to a causal table.
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
