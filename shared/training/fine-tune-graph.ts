// shared/training/fine-tune-graph.ts: encoder and head in tfjs: one training step, and the later window judged by the averaged weights.
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { CHANNEL_COUNT, ID_COUNT } from '../encoder/channels.ts';
import { sizeOf, type WeightShape, weightShapes } from '../encoder/definition.ts';
import { averagePrecision } from '../evaluation/metrics.ts';
import { measureStandardisation, standardiseRows } from '../head/fit-head.ts';
import { type AdamW, createAdamW, type OptimiserState } from './adam-w.ts';
import type { FineTuneInput } from './fine-tune.ts';
import { headLogits, headShapes, logLoss } from './fine-tune-head.ts';
import { createLabelledBatch, type FineTuneRows, fillBatch, type LabelledBatch } from './fine-tune-rows.ts';
import { isTrained, rateFactor } from './fine-tune-settings.ts';
import { createNetwork, type InputTensors, type Network } from './forward.ts';
import { taskLosses, toTensors, type BatchTensors as UnlabelledTensors } from './next-event.ts';
import { createTensorOps, type TensorOps, type WeightTensors } from './tensor-ops.ts';
import { createWindowBatch, drawWindows, type WindowBatch } from './window-sampler.ts';

export interface FineTuneGraph {
  /** Steps done. */
  step(): number;
  /** One step on these rows; returns their log-loss. */
  train(rows: Int32Array, step: number, learningRate: number): number;
  /** Average precision of the averaged weights on the later window. */
  judge(): number;
  /** Averaged values of the trained weights, in the order of the shapes; the encoder's first. */
  averaged(): Float32Array;
  save(): OptimiserState;
  dispose(): void;
}

/** Weights of the encoder that move, in the order of the definition. */
export function trainedShapes(
  config: FineTuneInput['config'],
  settings: FineTuneInput['settings'],
): WeightShape[] {
  return weightShapes(config).filter((shape) => isTrained(shape, config, settings));
}

/** Where the run begins: the encoder as given, a head drawn by seed whose bias is the log odds of a drawn row. */
function startOf(input: FineTuneInput, shapes: readonly WeightShape[]): OptimiserState {
  if (input.resume) return input.resume.state;
  const { initial, seed, settings } = input;
  const generator = xoroshiro128plus(seed ^ 0x5eed);
  const uniform = () => (2 * uniformFloat64(generator) - 1) * Math.sqrt(3);
  const share = Math.min(0.99, Math.max(0.01, settings.fraudShare));
  const values = shapes.flatMap((shape) => {
    const known = initial.get(shape.name);
    if (known) return [...known];
    if (shape.name === 'head.out.bias') return [Math.log(share / (1 - share))];
    return Array.from({ length: sizeOf(shape.shape) }, () => uniform() * shape.spread);
  });
  const zeros = () => new Float32Array(values.length);
  return { step: 0, weights: Float32Array.from(values), mean: zeros(), square: zeros() };
}

interface BatchTensors extends InputTensors {
  readonly others: Tensor2D;
  readonly labels: Tensor2D;
  readonly weights: Tensor2D;
}

function toBatchTensors(
  { tf }: FineTuneInput,
  { inputs, others, labels, weights }: LabelledBatch,
): BatchTensors {
  const { rows, length } = inputs;
  return {
    channels: tf.tensor3d(inputs.channels, [rows, length, CHANNEL_COUNT]),
    ids: tf.tensor3d(inputs.ids, [rows, length, ID_COUNT], 'int32'),
    mask: tf.tensor2d(inputs.mask, [rows, length]),
    others: tf.tensor2d(others, [rows, others.length / rows]),
    labels: tf.tensor2d(labels, [rows, 1]),
    weights: tf.tensor2d(weights, [rows, 1]),
  };
}

/** All frauds of the later window, and evenly spread others up to the limit; each stands for its part. */
function pickLater(
  { others: { labels } }: FineTuneRows,
  limit: number,
): { rows: Int32Array; weights: Float32Array } {
  const all = Array.from(labels.keys());
  const genuine = labels.length - labels.reduce((sum, label) => sum + label, 0);
  const every = Math.max(1, Math.ceil(genuine / limit));
  let seen = 0;
  const rows = Int32Array.from(all.filter((row) => labels[row] === 1 || seen++ % every === 0));
  return { rows, weights: Float32Array.from(rows, (row) => (labels[row] === 1 ? 1 : every)) };
}

/** Tensors and buffers of a run. */
interface Parts {
  readonly input: FineTuneInput;
  readonly optimiser: AdamW;
  /** Weights of the encoder that do not move. */
  readonly constants: WeightTensors;
  readonly network: Network;
  readonly ops: TensorOps;
  readonly standardised: { readonly training: Float32Array; readonly later: Float32Array };
  readonly batch: LabelledBatch;
  readonly windows: WindowBatch;
}

function prepare(input: FineTuneInput): Parts {
  const { tf, config, settings, training, later } = input;
  const width = training.others.inputs.length;
  const ofEncoder = trainedShapes(config, settings);
  const shapes = [...ofEncoder, ...headShapes(config, width, settings.headWidth)];
  const moving = new Set(ofEncoder.map(({ name }) => name));
  const frozen = weightShapes(config).filter(({ name }) => !moving.has(name));
  const standardisation = measureStandardisation(training.others);
  return {
    input,
    constants: Object.fromEntries(
      frozen.map(({ name, shape }) => [name, tf.tensor(input.initial.get(name) ?? [], [...shape])]),
    ),
    optimiser: createAdamW(tf, shapes, startOf(input, shapes), {
      weightDecay: settings.weightDecay,
      clipNorm: 1,
      averaging: settings.averaging,
      rateOf: (shape) => (shape.name.startsWith('head.') ? 1 : rateFactor(shape, config, settings)),
    }),
    network: createNetwork(tf, config),
    ops: createTensorOps(tf),
    standardised: {
      training: standardiseRows(training.others, standardisation),
      later: standardiseRows(later.others, standardisation),
    },
    batch: createLabelledBatch(settings.rows, config.window, width),
    windows: createWindowBatch({ rows: settings.forecastRows, length: config.window }),
  };
}

function logitsOf(
  { input: { tf, config }, network, ops }: Parts,
  weights: WeightTensors,
  tensors: BatchTensors,
  others: Tensor2D,
): Tensor2D {
  const embedding = network.states(weights, tensors, 1).reshape([-1, config.width]) as Tensor2D;
  return headLogits({ tf, ops }, weights, embedding, others);
}

/** Draws the unlabelled windows of a step; undefined when forecasts play no part. */
function drawUnlabelled({ input, windows }: Parts, step: number): UnlabelledTensors | undefined {
  const { stream, settings, config, seed } = input;
  if (!stream || stream.eventCount === 0 || settings.forecastWeight === 0) return undefined;
  const sampling = {
    rows: settings.forecastRows,
    length: config.window,
    windowDropout: 0,
    eventDropout: 0.01,
  };
  drawWindows(stream, { ...sampling, seed }, step, windows);
  return toTensors(input.tf, windows);
}

/** Gradients of log-loss + weighted next-event loss, and one step along them. Returns the log-loss. */
function trainOn(parts: Parts, rows: Int32Array, step: number, learningRate: number): number {
  const { input, optimiser, constants, network, windows } = parts;
  const { tf, settings, seed, training } = input;
  fillBatch(parts.batch, training, parts.standardised.training, rows);
  return tf.tidy(() => {
    const tensors = toBatchTensors(input, parts.batch);
    const others = tf.dropout(tensors.others, settings.inputDropout, undefined, seed + step) as Tensor2D;
    const unlabelled = drawUnlabelled(parts, step);
    const movable = optimiser.weights();
    const names = Object.keys(movable);
    let labelLoss = Number.NaN;
    const gradientOf = tf.grads((...changed: Tensor[]) => {
      const moved = Object.fromEntries(names.map((name, index) => [name, changed[index] ?? tf.scalar(0)]));
      const weights = { ...constants, ...moved };
      const loss = logLoss(tf, logitsOf(parts, weights, tensors, others), tensors.labels, tensors.weights);
      labelLoss = loss.dataSync()[0] ?? Number.NaN;
      if (!unlabelled) return loss;
      const forecast = taskLosses(tf, network, weights, unlabelled).sum();
      return loss.add(forecast.mul(settings.forecastWeight / Math.max(1, windows.targetPositions)));
    });
    optimiser.apply(gradientOf(Object.values(movable)), learningRate);
    return labelLoss;
  });
}

function judgeLater(parts: Parts): number {
  const { input, batch, constants, optimiser } = parts;
  const { tf, settings, later } = input;
  const { rows, weights: rowWeights } = pickLater(later, settings.laterRows);
  const scores = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += settings.rows) {
    const picked = rows.subarray(start, start + settings.rows);
    fillBatch(batch, later, parts.standardised.later, picked);
    const logits = tf.tidy(() => {
      const tensors = toBatchTensors(input, batch);
      return logitsOf(parts, { ...constants, ...optimiser.averaged() }, tensors, tensors.others).dataSync();
    });
    scores.set(logits.subarray(0, picked.length), start);
  }
  const labels = Uint8Array.from(rows, (row) => later.others.labels[row] ?? 0);
  return averagePrecision({ scores, labels, weights: rowWeights });
}

/** The graph of a run; its tensors live until `dispose`. */
export function createFineTuneGraph(input: FineTuneInput): FineTuneGraph {
  const parts = prepare(input);
  const { optimiser, constants } = parts;
  return {
    step: () => optimiser.save().step,
    averaged: () => optimiser.save().average ?? new Float32Array(0),
    save: optimiser.save,
    train: (rows, step, learningRate) => trainOn(parts, rows, step, learningRate),
    judge: () => judgeLater(parts),
    dispose() {
      input.tf.dispose(constants);
      optimiser.dispose();
    },
  };
}
