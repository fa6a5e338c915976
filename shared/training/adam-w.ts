// shared/training/adam-w.ts: AdamW with gradient clipping, on all weights as one flat vector: a dozen kernels a step instead of hundreds.
import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import { sizeOf, type WeightShape } from '../encoder/definition.ts';
import type { TensorFlow } from './backend.ts';
import type { WeightTensors } from './tensor-ops.ts';

export interface AdamWSettings {
  readonly weightDecay: number;
  /** Gradients are scaled down to this global norm. */
  readonly clipNorm: number;
  /** Factor on a weight's learning rate; 1 for all when absent. */
  readonly rateOf?: (shape: WeightShape) => number;
  /** Keeps an exponential average of the weights with this decay too; it warms up over the first steps. */
  readonly averaging?: number;
}

const BETA_1 = 0.9;
const BETA_2 = 0.98;
const EPSILON = 1e-8;

/** Vectors of an optimiser's state, one value per weight. */
export interface OptimiserState {
  readonly step: number;
  readonly weights: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
  /** With `averaging`. */
  readonly average?: Float32Array | undefined;
}

export interface AdamW {
  /** Views of the weights by name, valid until the next `apply`; made inside the caller's tidy. */
  weights(): WeightTensors;
  /** The same of the averaged weights; the weights themselves without `averaging`. */
  averaged(): WeightTensors;
  /** One step with the given learning rate; `gradients` in the order of the shapes. */
  apply(gradients: readonly Tensor[], learningRate: number): void;
  save(): OptimiserState;
  dispose(): void;
}

/** Names of weights that decay: matrices; not norms, biases or tables. */
const decays = ({ name }: WeightShape): boolean => name.endsWith('.weight');

export function createAdamW(
  tf: TensorFlow,
  shapes: readonly WeightShape[],
  start: OptimiserState,
  settings: AdamWSettings,
): AdamW {
  const sizes = shapes.map((each) => sizeOf(each.shape));
  let { step } = start;
  let [vector, mean, square] = [start.weights, start.mean, start.square].map((each) => tf.tensor1d(each)) as [
    Tensor1D,
    Tensor1D,
    Tensor1D,
  ];
  const spread = (numberOf: (shape: WeightShape) => number): Tensor1D =>
    tf.tensor1d(shapes.flatMap((each, index) => Array<number>(sizes[index] ?? 0).fill(numberOf(each))));
  const decay = spread((each) => (decays(each) ? settings.weightDecay : 0));
  const { rateOf } = settings;
  const rates = rateOf && spread(rateOf);
  let average = settings.averaging === undefined ? undefined : tf.tensor1d(start.average ?? start.weights);
  const toNamed = (from: Tensor1D): WeightTensors => {
    const parts = tf.split(from, sizes);
    return Object.fromEntries(
      shapes.map(({ name, shape }, index) => [name, (parts[index] ?? from).reshape([...shape])]),
    );
  };
  const follow = () => {
    if (average === undefined || settings.averaging === undefined) return;
    const before = average;
    const decayed = Math.min(settings.averaging, step / (step + 9));
    average = tf.tidy(() => tf.keep(before.mul(decayed).add(vector.mul(1 - decayed)) as Tensor1D));
    before.dispose();
  };
  return {
    weights: () => toNamed(vector),
    averaged: () => toNamed(average ?? vector),
    apply(gradients, learningRate) {
      step++;
      const before = [vector, mean, square];
      [vector, mean, square] = tf.tidy(() => {
        const flat = tf.concat(gradients.map((each) => each.flatten())) as Tensor1D;
        const norm = flat.square().sum().sqrt();
        const gradient = flat.mul(tf.minimum(1, tf.scalar(settings.clipNorm).div(norm.add(EPSILON))));
        const nextMean = mean.mul(BETA_1).add(gradient.mul(1 - BETA_1)) as Tensor1D;
        const nextSquare = square.mul(BETA_2).add(gradient.square().mul(1 - BETA_2)) as Tensor1D;
        const scale = Math.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step);
        const update = nextMean.mul(scale).div(nextSquare.sqrt().add(EPSILON)).add(vector.mul(decay));
        const move = update.mul(rates ? rates.mul(learningRate) : learningRate);
        return [vector.sub(move) as Tensor1D, nextMean, nextSquare].map((each) => tf.keep(each));
      }) as [Tensor1D, Tensor1D, Tensor1D];
      for (const tensor of before) tensor.dispose();
      follow();
    },
    save: () => ({
      step,
      weights: Float32Array.from(vector.dataSync()),
      mean: Float32Array.from(mean.dataSync()),
      square: Float32Array.from(square.dataSync()),
      ...(average && { average: Float32Array.from(average.dataSync()) }),
    }),
    dispose: () =>
      tf.dispose([vector, mean, square, decay, ...(rates ? [rates] : []), ...(average ? [average] : [])]),
  };
}

/** All weights one after another, in the order of the shapes, and back. */
export function flatten(
  shapes: readonly WeightShape[],
  weights: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const vector = new Float32Array(shapes.reduce((sum, each) => sum + sizeOf(each.shape), 0));
  let at = 0;
  for (const { name, shape } of shapes) {
    vector.set(weights.get(name) ?? [], at);
    at += sizeOf(shape);
  }
  return vector;
}

export function unflatten(shapes: readonly WeightShape[], vector: Float32Array): Map<string, Float32Array> {
  let at = 0;
  return new Map(
    shapes.map(({ name, shape }) => {
      const from = at;
      at += sizeOf(shape);
      return [name, vector.slice(from, at)];
    }),
  );
}
