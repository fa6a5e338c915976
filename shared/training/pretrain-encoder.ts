// shared/training/pretrain-encoder.ts: the pretraining loop: draw windows, forecast next events, step; checkpoints, held-out losses, progress.
import {
  type EncoderConfig,
  type EncoderWeights,
  randomWeights,
  weightShapes,
} from '../encoder/definition.ts';
import { AppError } from '../errors.ts';
import { type AdamW, createAdamW, flatten, type OptimiserState, unflatten } from './adam-w.ts';
import type { TensorFlow } from './backend.ts';
import { createNetwork, type Network } from './forward.ts';
import { disposeTensors, type TaskName, taskLosses, taskNames, toTensors } from './next-event.ts';
import type { PackedStream } from './packed-stream.ts';
import { createWindowBatch, drawWindows, type SamplingSettings } from './window-sampler.ts';

export interface PretrainSettings {
  readonly steps: number;
  readonly seed: number;
  /** Windows per step. */
  readonly rows: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Steps in which the learning rate rises from 0. */
  readonly warmUpSteps: number;
  readonly windowDropout: number;
  readonly eventDropout: number;
  /** Held-out losses and a checkpoint every so many steps. */
  readonly evaluateEvery: number;
  /** Batches of held-out windows, always the same ones. */
  readonly heldOutBatches: number;
}

/** For the traffic of one portfolio, which lacks what it lacks. An encoder for any portfolio needs window dropout. */
export const defaultPretrainSettings: PretrainSettings = {
  steps: 1000,
  seed: 1,
  rows: 96,
  learningRate: 4e-3,
  weightDecay: 0.01,
  warmUpSteps: 20,
  windowDropout: 0,
  eventDropout: 0.01,
  evaluateEvery: 200,
  heldOutBatches: 12,
};

/** Mean loss per next event in nats, by task, and their sum. */
export type Losses = Readonly<Record<TaskName, number>> & { readonly total: number };

export interface CurvePoint {
  readonly step: number;
  /** Mean over the steps since the last point. */
  readonly training: Losses;
  readonly heldOut?: Losses;
}

export interface PretrainInput {
  readonly tf: TensorFlow;
  readonly config: EncoderConfig;
  readonly training: PackedStream;
  /** Traffic of other portfolios or cards; never trained on. */
  readonly heldOut?: PackedStream;
  readonly settings: PretrainSettings;
  /** Weights to go on from (continued pretraining); random ones otherwise. */
  readonly initial?: EncoderWeights;
  /** A checkpoint of the same run to resume from. */
  readonly resume?: Checkpoint;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  readonly onStep?: (step: number, training: Losses) => void;
  /** Return false to stop after the next checkpoint was handed over. */
  readonly shouldGoOn?: () => boolean;
}

export interface Checkpoint {
  readonly state: OptimiserState;
  readonly curve: readonly CurvePoint[];
}

export interface Pretrained {
  readonly weights: EncoderWeights;
  readonly curve: readonly CurvePoint[];
  readonly finished: boolean;
}

/** Rises linearly, then falls to zero along a cosine. */
export function learningRateAt(step: number, { learningRate, warmUpSteps, steps }: PretrainSettings): number {
  if (step < warmUpSteps) return (learningRate * (step + 1)) / warmUpSteps;
  const share = (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
}

function toLosses(sums: ArrayLike<number>, positions: number): Losses {
  const entries = taskNames.map(
    (name, index) => [name, (sums[index] ?? 0) / Math.max(1, positions)] as const,
  );
  const total = entries.reduce((sum, [, value]) => sum + value, 0);
  return { ...(Object.fromEntries(entries) as Record<TaskName, number>), total };
}

/** Sums of task losses that become means when read: a running average between two points of the curve. */
function createTally() {
  const sums = new Float64Array(taskNames.length);
  let positions = 0;
  return {
    add(losses: ArrayLike<number>, count: number) {
      for (let index = 0; index < sums.length; index++)
        sums[index] = (sums[index] ?? 0) + (losses[index] ?? 0);
      positions += count;
    },
    read: () => toLosses(sums, positions),
    clear() {
      sums.fill(0);
      positions = 0;
    },
  };
}

/** Losses of given weights on fixed windows of a stream, without dropout. */
export function measureLosses(
  { tf, network, optimiser }: { tf: TensorFlow; network: Network; optimiser: Pick<AdamW, 'weights'> },
  stream: PackedStream,
  sampling: SamplingSettings & Pick<PretrainSettings, 'heldOutBatches'>,
): Losses {
  const batch = createWindowBatch(sampling);
  const tally = createTally();
  const fixed = { ...sampling, windowDropout: 0, eventDropout: 0 };
  for (let step = 0; step < sampling.heldOutBatches; step++) {
    drawWindows(stream, fixed, step, batch);
    const losses = tf.tidy(() =>
      taskLosses(tf, network, optimiser.weights(), toTensors(tf, batch)).dataSync(),
    );
    tally.add(losses, batch.targetPositions);
  }
  return tally.read();
}

/** One step: gradients of the mean loss per next event, and the sums by task. */
function trainStep(
  { tf, network, optimiser }: { tf: TensorFlow; network: Network; optimiser: AdamW },
  batch: ReturnType<typeof createWindowBatch>,
  learningRate: number,
): Float32Array {
  return tf.tidy(() => {
    const tensors = toTensors(tf, batch);
    const weights = optimiser.weights();
    const names = Object.keys(weights);
    const values = Object.values(weights);
    let losses = new Float32Array(taskNames.length);
    const gradientOf = tf.grads((...changed) => {
      const named = Object.fromEntries(names.map((name, index) => [name, changed[index] ?? tf.scalar(0)]));
      const byTask = taskLosses(tf, network, named, tensors);
      losses = Float32Array.from(byTask.dataSync());
      return byTask.sum().div(Math.max(1, batch.targetPositions));
    });
    optimiser.apply(gradientOf(values), learningRate);
    disposeTensors(tensors);
    return losses;
  });
}

/**
 * Pretrains an encoder by next-event forecasting. Deterministic for a seed, backend and stream; a run resumed from
 * a checkpoint draws the windows the uninterrupted run would have drawn.
 * @throws AppError FRAUD_TRAINING_DIVERGED when a loss is not finite
 */
export async function pretrainEncoder(input: PretrainInput): Promise<Pretrained> {
  const { tf, config, settings } = input;
  const shapes = weightShapes(config);
  const initial = flatten(shapes, input.initial ?? randomWeights(config, settings.seed));
  const zeros = () => new Float32Array(initial.length);
  const start = input.resume?.state ?? { step: 0, weights: initial, mean: zeros(), square: zeros() };
  const optimiser = createAdamW(tf, shapes, start, { weightDecay: settings.weightDecay, clipNorm: 1 });
  const network = createNetwork(tf, config);
  const sampling = { ...settings, length: config.window };
  const batch = createWindowBatch(sampling);
  const curve: CurvePoint[] = [...(input.resume?.curve ?? [])];
  const tally = createTally();
  let goOn = true;
  for (let step = start.step; step < settings.steps && goOn; step++) {
    drawWindows(input.training, sampling, step, batch);
    const losses = trainStep({ tf, network, optimiser }, batch, learningRateAt(step, settings));
    tally.add(losses, batch.targetPositions);
    const training = toLosses(losses, batch.targetPositions);
    if (!Number.isFinite(training.total)) throw new AppError('FRAUD_TRAINING_DIVERGED', { facts: { step } });
    input.onStep?.(step + 1, training);
    const isPoint = (step + 1) % settings.evaluateEvery === 0 || step + 1 === settings.steps;
    if (isPoint) {
      const heldOut = input.heldOut && measureLosses({ tf, network, optimiser }, input.heldOut, sampling);
      curve.push({ step: step + 1, training: tally.read(), ...(heldOut ? { heldOut } : {}) });
      tally.clear();
      input.onCheckpoint?.({ state: optimiser.save(), curve: [...curve] });
      goOn = input.shouldGoOn?.() ?? true;
    }
    // Lets progress bars draw and signals arrive: the step itself never yields.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { weights, step } = optimiser.save();
  return { weights: unflatten(shapes, weights), curve, finished: step >= settings.steps };
}
