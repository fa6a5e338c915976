// shared/training/fine-tune.ts: READ FIRST: labels move the encoder: rows → log-loss + next-event loss → step → average → later window → stop early.
import { type EncoderConfig, type EncoderWeights, sizeOf } from '../encoder/definition.ts';
import { AppError } from '../errors.ts';
import type { OptimiserState } from './adam-w.ts';
import type { TensorFlow } from './backend.ts';
import { createFineTuneGraph, trainedShapes } from './fine-tune-graph.ts';
import { createRowDrawer, type FineTuneRows } from './fine-tune-rows.ts';
import { type FineTuneSettings, fineTuneRateAt } from './fine-tune-settings.ts';
import { measureHeldOut } from './measure-held-out.ts';
import type { PackedStream } from './packed-stream.ts';
import { defaultPretrainSettings } from './pretrain-encoder.ts';

export interface FineTuneInput {
  readonly tf: TensorFlow;
  readonly config: EncoderConfig;
  readonly initial: EncoderWeights;
  readonly training: FineTuneRows;
  /** Rows after the training rows: they decide when to stop and which weights are kept. */
  readonly later: FineTuneRows;
  /** Unlabelled traffic for the next-event loss; without it that loss is left out. */
  readonly stream?: PackedStream | undefined;
  /** Unlabelled traffic on which the forecast loss is told before and after. */
  readonly heldOut?: PackedStream | undefined;
  readonly settings: FineTuneSettings;
  readonly seed: number;
  readonly resume?: FineTuneCheckpoint | undefined;
  readonly onCheckpoint?: (checkpoint: FineTuneCheckpoint) => void;
  readonly onStep?: (step: number, loss: number) => void;
}

export interface FineTunePoint {
  readonly step: number;
  /** Mean log-loss since the last point. */
  readonly loss: number;
  /** Of the averaged weights on the later window. */
  readonly averagePrecision: number;
}

/** Everything a stopped run needs to end as the uninterrupted one would have. */
export interface FineTuneCheckpoint {
  readonly state: OptimiserState;
  readonly best: Float32Array;
  readonly curve: readonly FineTunePoint[];
}

export interface FineTuned {
  readonly weights: EncoderWeights;
  readonly curve: readonly FineTunePoint[];
  /** Step whose averaged weights are kept. */
  readonly keptStep: number;
  /** Sum over the forecasts, nats per next event, on held-out traffic. */
  readonly heldOutForecastLoss?: { readonly before: number; readonly after: number };
}

/** Best average precision so far; NaN counts as none. */
const bestOf = (curve: readonly FineTunePoint[]): FineTunePoint | undefined =>
  curve.reduce<FineTunePoint | undefined>(
    (best, point) => (point.averagePrecision > (best?.averagePrecision ?? -1) ? point : best),
    undefined,
  );

/** True when the last `patience` points all came after the best one. */
function isExhausted(curve: readonly FineTunePoint[], patience: number): boolean {
  const best = bestOf(curve);
  return best !== undefined && curve.length - 1 - curve.indexOf(best) >= patience;
}

/**
 * Fine-tunes an encoder. The weights kept are averaged ones, those of the evaluation with the best average precision on `later`.
 * Deterministic for a seed and backend; a run resumed from a checkpoint ends as the uninterrupted one.
 * @throws AppError FRAUD_TRAINING_DIVERGED when a loss is not finite, FRAUD_INPUT_INVALID without a fraud to learn from
 */
export async function fineTune(input: FineTuneInput): Promise<FineTuned> {
  const { settings, training, seed } = input;
  if (!training.others.labels.includes(1)) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: 'There is no labelled fraud to fine-tune on.' });
  }
  const graph = createFineTuneGraph(input);
  const draw = createRowDrawer(training, { seed, rows: settings.rows, fraudShare: settings.fraudShare });
  const curve: FineTunePoint[] = [...(input.resume?.curve ?? [])];
  let best = input.resume?.best ?? graph.averaged();
  let sum = 0;
  let since = 0;
  for (let step = graph.step(); step < settings.steps && !isExhausted(curve, settings.patience); step++) {
    const loss = graph.train(draw(step), step, fineTuneRateAt(step, settings));
    if (!Number.isFinite(loss)) throw new AppError('FRAUD_TRAINING_DIVERGED', { facts: { step } });
    sum += loss;
    since++;
    input.onStep?.(step + 1, loss);
    if ((step + 1) % settings.evaluateEvery === 0 || step + 1 === settings.steps) {
      curve.push({ step: step + 1, loss: sum / since, averagePrecision: graph.judge() });
      [sum, since] = [0, 0];
      if (bestOf(curve) === curve.at(-1)) best = graph.averaged();
      input.onCheckpoint?.({ state: graph.save(), best, curve: [...curve] });
    }
    // Lets progress bars draw and signals arrive: the step itself never yields.
    await new Promise((resolve) => setImmediate(resolve));
  }
  graph.dispose();
  const weights = toWeights(input, best);
  return {
    weights,
    curve,
    keptStep: bestOf(curve)?.step ?? 0,
    ...forecastLosses(input, weights),
  };
}

/** The trained part of `vector` over the initial weights. */
function toWeights({ config, initial, settings }: FineTuneInput, vector: Float32Array): EncoderWeights {
  const trained = trainedShapes(config, settings);
  const weights = new Map(initial);
  let at = 0;
  for (const { name, shape } of trained) {
    weights.set(name, vector.slice(at, at + sizeOf(shape)));
    at += sizeOf(shape);
  }
  return weights;
}

function forecastLosses({ tf, config, initial, heldOut, settings }: FineTuneInput, weights: EncoderWeights) {
  if (!heldOut || heldOut.eventCount === 0) return {};
  const sampling = { ...defaultPretrainSettings, rows: settings.forecastRows };
  const measure = (of: EncoderWeights) =>
    measureHeldOut({ tf, config, settings: sampling }, of, heldOut).total;
  return { heldOutForecastLoss: { before: measure(initial), after: measure(weights) } };
}
