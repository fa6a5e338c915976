// test/support/encoder-arithmetic.ts: multiply-adds of the encoder per row, from its sizes: to say how much of a machine it uses.
import { CHANNEL_COUNT } from '../../shared/encoder/channels.ts';
import { type EncoderConfig, PLAIN_FORECAST_COUNT, READ_POSITIONS } from '../../shared/encoder/definition.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../../shared/features/population-reference.ts';

/** Matrix products only; additions, norms and softmax are left out. `queries` of `positions` go on. */
function layerMultiplyAdds(
  { width, feedForward }: EncoderConfig,
  positions: number,
  queries: number,
): number {
  const projections = 2 * positions * width ** 2 + 2 * queries * width ** 2;
  const attention = 2 * queries * positions * width;
  return projections + attention + 2 * queries * width * feedForward;
}

/** Multiply-adds of one row padded to `length` positions. */
export function multiplyAddsPerRow(config: EncoderConfig, length: number): number {
  const { width, layers } = config;
  const inner = (layers - 1) * layerMultiplyAdds(config, length, length);
  const last = layerMultiplyAdds(config, length, READ_POSITIONS);
  const forecasts = READ_POSITIONS * width * (PLAIN_FORECAST_COUNT + 2 * width + AMOUNT_BINS + HOUR_BINS);
  return length * CHANNEL_COUNT * width + inner + last + forecasts;
}
