// shared/training/tensor-ops.ts: matmul, norm and table look-up over named weights, in forms whose gradient every backend has.
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { AppError } from '../errors.ts';
import type { TensorFlow } from './backend.ts';
import { createRelu } from './fused-gradients.ts';
import { createLayerNorm } from './layer-norm.ts';

/** Weights by name, in the shapes of the definition. */
export type WeightTensors = Readonly<Record<string, Tensor>>;

/** @throws AppError FRAUD_MODEL_INVALID when there is no such weight */
export function named<T extends Tensor>(weights: WeightTensors, name: string): T {
  const weight = weights[name];
  if (!weight) throw new AppError('FRAUD_MODEL_INVALID', { field: name, detail: 'The weight is missing.' });
  return weight as T;
}

export interface TensorOps {
  /** Over the last axis: value · `${name}.weight`. */
  multiply(weights: WeightTensors, value: Tensor, name: string): Tensor;
  /** The same plus `${name}.bias`. */
  dense(weights: WeightTensors, value: Tensor, name: string): Tensor;
  relu(value: Tensor): Tensor;
  norm(weights: WeightTensors, value: Tensor, name: string): Tensor;
  /** Rows of `table` by id; zeros for ids outside it. */
  lookUp(table: Tensor2D, ids: Tensor): Tensor;
  /** Rows of a condition table by id; row `notGiven` where the id is negative, or everywhere when there are no ids. */
  condition(table: Tensor2D, ids: Tensor | undefined, notGiven: number): Tensor;
}

export function createTensorOps(tf: TensorFlow): TensorOps {
  const layerNorm = createLayerNorm(tf);
  const multiply: TensorOps['multiply'] = (weights, value, name) => {
    const weight = named<Tensor2D>(weights, `${name}.weight`);
    const flat = tf.matMul(value.reshape([-1, weight.shape[0]]) as Tensor2D, weight);
    return flat.reshape([...value.shape.slice(0, -1), weight.shape[1]]);
  };
  // A matmul with one-hot ids: the gradient of gather is missing in wasm, and slow elsewhere for tables this small.
  const lookUp: TensorOps['lookUp'] = (table, ids) => {
    const oneHot = tf.oneHot(ids.flatten() as Tensor1D, table.shape[0]).toFloat() as Tensor2D;
    return tf.matMul(oneHot, table).reshape([...ids.shape, table.shape[1]]);
  };
  return {
    multiply,
    lookUp,
    relu: createRelu(tf),
    dense: (weights, value, name) => multiply(weights, value, name).add(named(weights, `${name}.bias`)),
    norm: (weights, value, name) =>
      layerNorm(value, named(weights, `${name}.gain`), named(weights, `${name}.bias`)),
    condition(table, ids, notGiven) {
      if (!ids) return table.slice([notGiven, 0], [1, table.shape[1]]).reshape([1, 1, table.shape[1]]);
      return lookUp(table, tf.where(ids.greaterEqual(0), ids, tf.fill(ids.shape, notGiven, 'int32')));
    },
  };
}
