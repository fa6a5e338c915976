// shared/training/forward.ts: the encoder in tfjs, from the same definition as the ONNX graph; differentiable, all positions or the last.
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { type EncoderConfig, layerName, NOT_GIVEN, PLAIN_FORECASTS } from '../encoder/definition.ts';
import { UNSEEN } from '../encoder/weights.ts';
import type { TensorFlow } from './backend.ts';
import { createTensorOps, named, type TensorOps, type WeightTensors } from './tensor-ops.ts';

/** Inputs of one batch, as channels.ts writes them. */
export interface InputTensors {
  readonly channels: Tensor3D; // (B, T, CHANNEL_COUNT)
  readonly ids: Tensor3D; // (B, T, 3), int32
  readonly mask: Tensor2D; // (B, T)
}

/** Logits by field, (B, R, bins). */
export interface PlainForecasts {
  readonly gap: Tensor;
  readonly category: Tensor;
  readonly entryMode: Tensor;
  readonly sameMerchant: Tensor;
}

export interface Network {
  /** States of the last `positions` positions (all when undefined): (B, R, H). */
  states(weights: WeightTensors, inputs: InputTensors, positions?: number): Tensor3D;
  plainForecasts(weights: WeightTensors, states: Tensor3D): PlainForecasts;
  /** Logits of the hour given the gap's bin; NOT_GIVEN or −1 stands for plain. `gap` is (B, R), int32. */
  hourForecast(weights: WeightTensors, states: Tensor3D, gap?: Tensor): Tensor;
  /** Logits of the amount under each list of conditions, one result each; the trunk is computed once. */
  amountForecasts(
    weights: WeightTensors,
    states: Tensor3D,
    conditions: readonly { readonly category?: Tensor; readonly hour?: Tensor }[],
  ): Tensor[];
}

/** Pairs of positions by distance: (window, T · T) of zeros and ones; a matmul with it spreads the relative bias. */
function distanceMatrix(tf: TensorFlow, window: number, length: number): Tensor2D {
  const ones = new Float32Array(window * length * length);
  for (let query = 0; query < length; query++) {
    for (let key = 0; key <= query; key++) ones[((query - key) * length + query) * length + key] = 1;
  }
  return tf.tensor2d(ones, [window, length * length]);
}

/** 0 where a key may be seen, UNSEEN ahead of the query: (T, T). */
function causalMask(tf: TensorFlow, length: number): Tensor2D {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    values.fill(UNSEEN, query * length + query + 1, (query + 1) * length);
  }
  return tf.tensor2d(values, [length, length]);
}

interface Parts {
  readonly tf: TensorFlow;
  readonly config: EncoderConfig;
  readonly ops: TensorOps;
  /** Constants of one length; made once. */
  readonly constantsOf: (length: number) => { readonly distances: Tensor2D; readonly causal: Tensor2D };
}

interface LayerOptions {
  readonly index: number;
  /** 0 for a real position, UNSEEN for padding: (B, 1, 1, T). */
  readonly padding: Tensor;
  /** Only the last positions go on; all when undefined. */
  readonly queries: number | undefined;
}

const last = (value: Tensor3D, positions: number): Tensor3D =>
  value.slice([0, value.shape[1] - positions, 0], [-1, positions, -1]);

/** (B, T, H) → (B, heads, T, d) */
function splitHeads(value: Tensor, { heads, width }: EncoderConfig): Tensor4D {
  const [rows = 0, length = 0] = value.shape;
  return value.reshape([rows, length, heads, width / heads]).transpose([0, 2, 1, 3]) as Tensor4D;
}

function attention(parts: Parts, weights: WeightTensors, normed: Tensor3D, options: LayerOptions): Tensor {
  const { tf, config, ops } = parts;
  const name = `${layerName(options.index)}.attention`;
  const length = normed.shape[1];
  const { distances, causal } = parts.constantsOf(length);
  const asking = options.queries ? last(normed, options.queries) : normed;
  const positions = asking.shape[1];
  const query = splitHeads(ops.multiply(weights, asking, `${name}.query`), config);
  const key = splitHeads(ops.multiply(weights, normed, `${name}.key`), config);
  const value = splitHeads(ops.multiply(weights, normed, `${name}.value`), config);
  const bias = tf
    .matMul(named<Tensor2D>(weights, `${name}.relative`), distances)
    .reshape([config.heads, length, length])
    .add(causal)
    .slice([0, length - positions, 0], [config.heads, positions, length]);
  const scores = tf.matMul(query, key, false, true).add(bias).add(options.padding); // (B, heads, R, T)
  const mixed = tf.matMul(tf.softmax(scores) as Tensor4D, value).transpose([0, 2, 1, 3]);
  return ops.multiply(weights, mixed.reshape([-1, positions, config.width]), `${name}.output`);
}

function layer(parts: Parts, weights: WeightTensors, input: Tensor3D, options: LayerOptions): Tensor3D {
  const { ops } = parts;
  const name = layerName(options.index);
  const normed = ops.norm(weights, input, `${name}.attention.norm`) as Tensor3D;
  const residual = options.queries ? last(input, options.queries) : input;
  const attended = residual.add(attention(parts, weights, normed, options));
  const hidden = ops.multiply(
    weights,
    ops.norm(weights, attended, `${name}.feedForward.norm`),
    `${name}.feedForward.in`,
  );
  return attended.add(ops.multiply(weights, ops.relu(hidden), `${name}.feedForward.out`)) as Tensor3D;
}

function statesOf(parts: Parts, weights: WeightTensors, inputs: InputTensors, positions?: number): Tensor3D {
  const { tf, ops, config } = parts;
  const columns = tf.unstack(inputs.ids, 2);
  let states = ops.dense(weights, inputs.channels, 'input.channels');
  ['input.type', 'input.category', 'input.entryMode'].forEach((name, index) => {
    const column = columns[index];
    if (column) states = states.add(ops.lookUp(named<Tensor2D>(weights, name), column));
  });
  const padding = inputs.mask.sub(1).mul(-UNSEEN).expandDims(1).expandDims(1);
  for (let index = 0; index < config.layers; index++) {
    const queries = index === config.layers - 1 ? positions : undefined;
    states = layer(parts, weights, states as Tensor3D, { index, padding, queries });
  }
  return ops.norm(weights, states, 'output.norm') as Tensor3D;
}

/** Builds the network. Its constants (one set per length) are kept until the process ends. */
export function createNetwork(tf: TensorFlow, config: EncoderConfig): Network {
  const ops = createTensorOps(tf);
  const constants = new Map<number, { distances: Tensor2D; causal: Tensor2D }>();
  const constantsOf = (length: number) => {
    const known = constants.get(length);
    if (known) return known;
    const distances = tf.keep(distanceMatrix(tf, config.window, length));
    const made = { distances, causal: tf.keep(causalMask(tf, length)) };
    constants.set(length, made);
    return made;
  };
  const parts: Parts = { tf, config, ops, constantsOf };
  return {
    states: (weights, inputs, positions) => statesOf(parts, weights, inputs, positions),
    plainForecasts(weights, states) {
      const sizes = PLAIN_FORECASTS.map((each) => each.size);
      const logits = tf.split(ops.dense(weights, states, 'forecast.plain'), sizes, 2);
      const [gap, category, entryMode, sameMerchant] = logits;
      return { gap, category, entryMode, sameMerchant } as PlainForecasts;
    },
    hourForecast(weights, states, gap) {
      const given = ops.condition(named(weights, 'forecast.hour.gap'), gap, NOT_GIVEN.gap);
      const hidden = ops.relu(ops.dense(weights, states, 'forecast.hour.trunk').add(given));
      return ops.dense(weights, hidden, 'forecast.hour.out');
    },
    amountForecasts(weights, states, conditions) {
      const trunk = ops.dense(weights, states, 'forecast.amount.trunk');
      const byCategory = named<Tensor2D>(weights, 'forecast.amount.category');
      const byHour = named<Tensor2D>(weights, 'forecast.amount.hour');
      return conditions.map(({ category, hour }) => {
        const given = ops
          .condition(byCategory, category, NOT_GIVEN.category)
          .add(ops.condition(byHour, hour, NOT_GIVEN.hour));
        return ops.dense(weights, ops.relu(trunk.add(given)), 'forecast.amount.out');
      });
    },
  };
}
