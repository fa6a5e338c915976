// shared/encoder/definition.ts: sizes, and the one list of weight names and shapes, from which trainer and ONNX graph are built.
import { randomNormal } from 'd3-random';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { CATEGORY_COUNT, ENTRY_MODE_COUNT, TYPE_COUNT } from '../features/codes.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../features/population-reference.ts';
import { WINDOW } from '../sequence/packed-event.ts';
import { CHANNEL_COUNT, SURPRISE_POSITIONS } from './channels.ts';
import { GAP_BINS } from './targets.ts';

/** Sizes of a causal pre-norm transformer over packed events. */
export interface EncoderConfig {
  readonly name: string;
  /** Width H of the states, and of the embedding. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Hidden width of the feed-forward part. */
  readonly feedForward: number;
  /** Most positions one row can have. */
  readonly window: number;
}

/** Positions whose states are read: those that predict the last SURPRISE_POSITIONS events, and the state after x. */
export const READ_POSITIONS = SURPRISE_POSITIONS + 1;

export const encoderConfigs = {
  small: { name: 'small', width: 64, layers: 2, heads: 4, feedForward: 192, window: WINDOW },
  tiny: { name: 'tiny', width: 32, layers: 2, heads: 4, feedForward: 64, window: WINDOW },
} as const satisfies Record<string, EncoderConfig>;

/** Columns of the matmul that forecasts the fields needing no condition: gap, category, entry mode, same merchant. */
export const PLAIN_FORECASTS = [
  { field: 'gap', size: GAP_BINS },
  { field: 'category', size: CATEGORY_COUNT },
  { field: 'entryMode', size: ENTRY_MODE_COUNT },
  { field: 'sameMerchant', size: 2 },
] as const;
export const PLAIN_FORECAST_COUNT = PLAIN_FORECASTS.reduce((sum, each) => sum + each.size, 0);

/** Row of a condition table that stands for "not given": the forecast is plain in this respect. */
export const NOT_GIVEN = { gap: GAP_BINS, category: CATEGORY_COUNT, hour: HOUR_BINS } as const;

/** Name and shape of one weight; `spread` is the standard deviation at the start (0: zeros, 1 with `constant`: ones). */
export interface WeightShape {
  readonly name: string;
  readonly shape: readonly number[];
  readonly spread: number;
  readonly constant?: 1;
}

/** Weights by name; row-major float32. */
export type EncoderWeights = ReadonlyMap<string, Float32Array>;

const matrix = (name: string, from: number, to: number, scale = 1): WeightShape => ({
  name: `${name}.weight`,
  shape: [from, to],
  spread: scale / Math.sqrt(from),
});
const dense = (name: string, from: number, to: number): WeightShape[] => [
  matrix(name, from, to),
  { name: `${name}.bias`, shape: [to], spread: 0 },
];
const norm = (name: string, width: number): WeightShape[] => [
  { name: `${name}.gain`, shape: [width], spread: 0, constant: 1 },
  { name: `${name}.bias`, shape: [width], spread: 0 },
];
const table = (name: string, rows: number, width: number): WeightShape => ({
  name,
  shape: [rows, width],
  spread: 0.1,
});

/** Prefix of the weights of layer `index`. */
export const layerName = (index: number): string => `layer.${index}`;

function layerShapes(config: EncoderConfig, index: number): WeightShape[] {
  const name = layerName(index);
  const { width, feedForward, heads, window } = config;
  // Branches that end in the residual stream start small, so that depth does not change the scale of the states.
  const branch = 1 / Math.sqrt(2 * config.layers);
  return [
    ...norm(`${name}.attention.norm`, width),
    // No biases inside a layer: the norms before have one, and each pass over memory costs time when serving.
    // There is no 1/√d in the scores either: it is part of the learned query matrix.
    matrix(`${name}.attention.query`, width, width, 1 / Math.sqrt(width / heads)),
    matrix(`${name}.attention.key`, width, width),
    matrix(`${name}.attention.value`, width, width),
    // Added to the score of a key that lies `column` positions back.
    { name: `${name}.attention.relative`, shape: [heads, window], spread: 0.02 },
    matrix(`${name}.attention.output`, width, width, branch),
    ...norm(`${name}.feedForward.norm`, width),
    matrix(`${name}.feedForward.in`, width, feedForward, Math.SQRT2),
    matrix(`${name}.feedForward.out`, feedForward, width, branch),
  ];
}

function forecastShapes(width: number): WeightShape[] {
  return [
    ...dense('forecast.plain', width, PLAIN_FORECAST_COUNT),
    ...dense('forecast.hour.trunk', width, width),
    table('forecast.hour.gap', GAP_BINS + 1, width),
    ...dense('forecast.hour.out', width, HOUR_BINS),
    ...dense('forecast.amount.trunk', width, width),
    table('forecast.amount.category', CATEGORY_COUNT + 1, width),
    table('forecast.amount.hour', HOUR_BINS + 1, width),
    ...dense('forecast.amount.out', width, AMOUNT_BINS),
  ];
}

/** Every weight of an encoder, in file order. */
export function weightShapes(config: EncoderConfig): WeightShape[] {
  const { width } = config;
  return [
    ...dense('input.channels', CHANNEL_COUNT, width),
    table('input.type', TYPE_COUNT, width),
    table('input.category', CATEGORY_COUNT, width),
    table('input.entryMode', ENTRY_MODE_COUNT, width),
    ...Array.from({ length: config.layers }, (_, index) => layerShapes(config, index)).flat(),
    ...norm('output.norm', width),
    ...forecastShapes(width),
  ];
}

/** Number of values of a shape. */
export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, each) => product * each, 1);

/** Weights to start from: normal with the spread of each shape. Same seed, same bytes. */
export function randomWeights(config: EncoderConfig, seed: number): EncoderWeights {
  const generator = xoroshiro128plus(seed);
  const normal = randomNormal.source(() => uniformFloat64(generator))(0, 1);
  return new Map(
    weightShapes(config).map(({ name, shape, spread, constant }) => {
      const values = new Float32Array(sizeOf(shape)).fill(constant ?? 0);
      if (spread > 0) for (let at = 0; at < values.length; at++) values[at] = normal() * spread;
      return [name, values];
    }),
  );
}
