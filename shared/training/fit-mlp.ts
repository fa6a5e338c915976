// shared/training/fit-mlp.ts: trains a small MLP head by tfjs on standardised rows: AdamW, cosine schedule, log-loss.
import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { AppError } from '../errors.ts';
import { baseLogOdds } from '../head/base-log-odds.ts';
import type { HeadRows } from '../head/fit-head.ts';
import { firstWidthOf, type HeadLayer, type HeadWeights } from '../head/head-weights.ts';
import type { TensorFlow } from './backend.ts';
import { createRelu } from './fused-gradients.ts';
import { createBatchTaker, type MlpBatch } from './mlp-batch.ts';
import { shuffle } from './shuffle.ts';
import { continueLayers, prepareInputs } from './start-mlp.ts';

export interface MlpOptions {
  readonly seed: number;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly epochs?: number;
  readonly batchRows?: number;
  readonly learningRate?: number;
  /** Share by which weights shrink per step, times the learning rate (AdamW). */
  readonly weightDecay?: number;
  /** Probability that a standardised input is zeroed in training. */
  readonly inputDropout?: number;
  /** Columns by the start of their name, and what they are multiplied by after standardising. */
  readonly emphasis?: Readonly<Record<string, number>>;
  /** Which inputs the first layer reads piecewise-linearly encoded too; none when absent. */
  readonly encode?: (name: string) => boolean;
  /** A fitted head to go on from: its weights and its standardisation, when its inputs and layers are as wide. Else a fresh start. */
  readonly start?: HeadWeights | undefined;
  /** Called after every step with the share done. */
  readonly onProgress?: (share: number) => void;
}

const defaults = {
  hidden: [128, 64],
  epochs: 6,
  batchRows: 1024,
  learningRate: 2e-3,
  weightDecay: 0.02,
  inputDropout: 0.1,
  emphasis: {},
} as const;

type Generator = ReturnType<typeof xoroshiro128plus>;

export interface TrainableLayer {
  readonly weights: Variable;
  readonly bias: Variable;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Fits an MLP head. Seeded; on one thread the same bytes, on several equal up to float order.
 * @throws AppError FRAUD_TRAINING_DIVERGED when the loss stops being finite
 */
export async function fitMlpHead(tf: TensorFlow, rows: HeadRows, options: MlpOptions): Promise<HeadWeights> {
  const settings = { ...defaults, ...options };
  const { start, standardisation, encoding } = prepareInputs(rows, settings);
  const generator = xoroshiro128plus(options.seed);
  const widths = [firstWidthOf({ inputs: rows.inputs, encoding }), ...settings.hidden, 1];
  const layers = start ? continueLayers(tf, start) : createLayers(tf, widths, generator);
  if (!start) setBaseRate(tf, layers, rows);
  const count = rows.labels.length;
  const steps = Math.ceil(count / settings.batchRows) * settings.epochs;
  const optimizer = tf.train.adam(settings.learningRate);
  const trained = layers.flatMap(({ weights, bias }) => [weights, bias]);
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  const takeBatch = createBatchTaker(rows, {
    standardisation,
    encoding,
    dropout: settings.inputDropout,
    batchRows: settings.batchRows,
    seed: options.seed,
  });
  const relu = createRelu(tf);
  for (let step = 0; step < steps; step++) {
    const start = (step * settings.batchRows) % (Math.ceil(count / settings.batchRows) * settings.batchRows);
    if (start === 0) shuffle(order, generator);
    const picked = order.subarray(start, Math.min(count, start + settings.batchRows));
    const rate = settings.learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    setLearningRate(optimizer, rate);
    const batch = toTensors(tf, takeBatch(picked));
    const loss = optimizer.minimize(() => lossOf(tf, layers, batch, relu), true, trained);
    decay(tf, layers, rate * settings.weightDecay);
    if (step % 50 === 0 || step === steps - 1) await requireFinite(loss);
    tf.dispose([...(loss ? [loss] : []), batch.inputs, batch.labels, batch.weights]);
    options.onProgress?.((step + 1) / steps);
  }
  const fitted = await readLayers(layers);
  tf.dispose(trained);
  optimizer.dispose();
  return { inputs: rows.inputs, ...standardisation, ...(encoding && { encoding }), layers: fitted };
}

function createLayers(tf: TensorFlow, widths: readonly number[], generator: Generator): TrainableLayer[] {
  return widths.slice(1).map((outputs, index) => {
    const inputs = widths[index] ?? 0;
    // He initialisation by a uniform distribution: the range of a ReLU layer with unit-variance inputs.
    const range = Math.sqrt(6 / inputs) * (index === widths.length - 2 ? 0.3 : 0.7);
    const values = Float32Array.from(
      { length: inputs * outputs },
      () => (2 * uniformFloat64(generator) - 1) * range,
    );
    return {
      inputs,
      outputs,
      weights: tf.variable(tf.tensor2d(values, [inputs, outputs])),
      bias: tf.variable(tf.zeros([outputs])),
    };
  });
}

/** Starts the last bias at the log odds of the base rate: the first epochs need not find it. */
function setBaseRate(tf: TensorFlow, layers: readonly TrainableLayer[], rows: HeadRows): void {
  layers.at(-1)?.bias.assign(tf.tensor1d([baseLogOdds(rows)]));
}

interface Batch {
  readonly inputs: Tensor2D; // (B, D), or (B, D + K) with an encoding
  readonly labels: Tensor2D; // (B, 1)
  readonly weights: Tensor2D; // (B, 1)
}

function toTensors(tf: TensorFlow, { rows, width, inputs, labels, weights }: MlpBatch): Batch {
  return {
    inputs: tf.tensor2d(inputs, [rows, width]),
    labels: tf.tensor2d(labels, [rows, 1]),
    weights: tf.tensor2d(weights, [rows, 1]),
  };
}

function lossOf(
  tf: TensorFlow,
  layers: readonly TrainableLayer[],
  { inputs, labels, weights }: Batch,
  relu: (value: Tensor) => Tensor,
): Scalar {
  let value: Tensor = inputs;
  layers.forEach((layer, index) => {
    value = tf.add(tf.matMul(value, layer.weights), layer.bias);
    if (index < layers.length - 1) value = relu(value);
  });
  // log(1 + e^z) − y z
  const losses = tf.sub(tf.softplus(value), tf.mul(labels, value));
  return tf.div(tf.sum(tf.mul(weights, losses)), tf.sum(weights)).asScalar();
}

/** Decoupled weight decay: matrices only, never biases. */
function decay(tf: TensorFlow, layers: readonly TrainableLayer[], share: number): void {
  tf.tidy(() => {
    for (const { weights } of layers) weights.assign(tf.mul(weights, 1 - share));
  });
}

async function requireFinite(loss: Tensor | null): Promise<void> {
  const [value = Number.NaN] = loss ? await loss.data() : [];
  if (!Number.isFinite(value)) throw new AppError('FRAUD_TRAINING_DIVERGED', { detail: 'Loss of the head.' });
}

/** tfjs's Adam reads its rate at every step, but declares the field protected. */
function setLearningRate(optimizer: object, rate: number): void {
  Object.assign(optimizer, { learningRate: rate });
}

async function readLayers(layers: readonly TrainableLayer[]): Promise<HeadLayer[]> {
  return Promise.all(
    layers.map(async ({ inputs, outputs, weights, bias }) => ({
      inputs,
      outputs,
      weights: Float32Array.from(await weights.data()),
      bias: Float32Array.from(await bias.data()),
    })),
  );
}
