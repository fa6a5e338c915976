// shared/transfer/prepare-encoder.ts: the part of a technique that changes the encoder: adaptation without labels, fine-tuning with them.
import { z } from 'zod';
import type { EncoderWeights } from '../encoder/definition.ts';
import { AppError } from '../errors.ts';
import { type HeadRows, selectColumns } from '../head/fit-head.ts';
import { featuresOnlyInputs } from '../head/head-inputs.ts';
import { adaptEncoder } from '../training/adapt-encoder.ts';
import type { TensorFlow } from '../training/backend.ts';
import { readCheckpoint, writeCheckpoint } from '../training/checkpoint-file.ts';
import { fineTune } from '../training/fine-tune.ts';
import type { FineTuneRows } from '../training/fine-tune-rows.ts';
import { selectRows } from '../training/head-dataset.ts';
import type { PackedStream } from '../training/packed-stream.ts';
import {
  checkpointFile,
  keepWeights,
  readFineTuneCheckpoint,
  writeFineTuneCheckpoint,
} from './stage-files.ts';
import { isAdapting, isFineTuning, type TransferConfig } from './transfer-config.ts';
import { type BuiltEncoder, buildEncoder, type WindowInputs } from './transfer-inputs.ts';
import type { TransferRows } from './transfer-rows.ts';

/** Told as stages go on: name of the stage, how much of how much is done, and a remark. */
export type OnProgress = (stage: string, done: number, all: number, note?: string) => void;

export interface EncoderStage {
  readonly tf: TensorFlow;
  readonly config: TransferConfig;
  /** As it was given. */
  readonly given: BuiltEncoder;
  readonly rows: TransferRows;
  /** Features and current events of the windows, from any encoder. */
  readonly inputs: WindowInputs;
  readonly streams: { readonly training: PackedStream; readonly heldOut: PackedStream };
  readonly folder: string;
  readonly onProgress: OnProgress;
}

const beforeAfter = z.object({ before: z.number(), after: z.number() });
const adaptationFacts = z.object({ heldOutLoss: beforeAfter });
const fineTuningFacts = z.object({
  keptStep: z.number(),
  curve: z.array(z.object({ step: z.number(), loss: z.number(), averagePrecision: z.number().nullable() })),
  heldOutForecastLoss: beforeAfter.optional(),
});

export interface EncoderFacts {
  readonly adaptation?: z.infer<typeof adaptationFacts>;
  readonly fineTuning?: z.infer<typeof fineTuningFacts>;
}

/** True when the technique changes weights. */
const changesWeights = (config: TransferConfig): boolean =>
  (isAdapting(config) && config.adaptation.pretraining) || isFineTuning(config);

/**
 * The encoder's weights, where the technique needs them.
 * @throws AppError FRAUD_ENCODER_WITHOUT_WEIGHTS when they are not known
 */
export function requireWeights(config: TransferConfig, { weights, encoderVersion }: BuiltEncoder): void {
  if (weights || !changesWeights(config)) return;
  throw new AppError('FRAUD_ENCODER_WITHOUT_WEIGHTS', {
    detail: `${config.technique} changes weights; ${encoderVersion} was imported.`,
  });
}

/** Runs what the technique asks for, in this order; stages finished before are read from the run folder. */
export async function prepareEncoder(
  stage: EncoderStage,
): Promise<{ readonly encoder: BuiltEncoder; readonly facts: EncoderFacts }> {
  const { config, folder, given } = stage;
  let { weights } = given;
  if (weights === undefined || !changesWeights(config)) return { encoder: given, facts: {} };
  let facts: EncoderFacts = {};
  const keep = { folder, config: given.config };
  if (isAdapting(config) && config.adaptation.pretraining) {
    const from = weights;
    const adapted = await keepWeights({ ...keep, name: 'adapted' }, adaptationFacts.parse, () =>
      adapt(stage, from),
    );
    weights = adapted.weights;
    facts = { adaptation: adapted.facts };
  }
  if (isFineTuning(config)) {
    const from = weights;
    const tuned = await keepWeights({ ...keep, name: 'fine-tuned' }, fineTuningFacts.parse, () =>
      tune(stage, from),
    );
    weights = tuned.weights;
    facts = { ...facts, fineTuning: tuned.facts };
  }
  return { encoder: buildEncoder(given.config, weights), facts };
}

async function adapt(
  { tf, config, given, streams, folder, onProgress }: EncoderStage,
  initial: EncoderWeights,
) {
  const file = checkpointFile(folder, 'adapted');
  const { steps, learningRate, rows } = config.adaptation;
  const run = JSON.stringify([config.adaptation, config.seed, given.config]);
  const { weights, heldOutLoss } = await adaptEncoder({
    tf,
    config: given.config,
    initial,
    stream: streams.training,
    heldOut: streams.heldOut,
    settings: { steps, learningRate, rows, seed: config.seed },
    resume: readCheckpoint(file, run),
    onCheckpoint: (checkpoint) => writeCheckpoint(file, checkpoint, run),
    onStep: (step, loss) => onProgress('adapting', step, steps, `loss ${loss.toFixed(3)} nats`),
  });
  return { weights, facts: { heldOutLoss } };
}

/** The last part of the training window decides when fine-tuning stops: calibration and test rows are not looked at. */
const LATER_SHARE = 0.2;

async function tune(stage: EncoderStage, initial: EncoderWeights) {
  const { tf, config, given, rows, inputs, streams, folder, onProgress } = stage;
  const file = checkpointFile(folder, 'fine-tuned');
  const { times } = inputs.training;
  const sorted = Float64Array.from(times).sort();
  const cutMs = sorted[Math.floor((1 - LATER_SHARE) * sorted.length)] ?? 0;
  const part = (isWanted: (row: number) => boolean): FineTuneRows => {
    const kept = rows.windows.training.filter((_, row) => isWanted(row));
    const others: HeadRows = selectColumns(selectRows(inputs.training, isWanted), (name) =>
      featuresOnlyInputs.includes(name),
    );
    return { others, windowOf: (row) => rows.table.windowOf(kept[row] ?? 0) };
  };
  const { steps } = config.fineTuning;
  const tuned = await fineTune({
    tf,
    config: given.config,
    initial,
    training: part((row) => (times[row] ?? 0) < cutMs),
    later: part((row) => (times[row] ?? 0) >= cutMs),
    stream: streams.training,
    heldOut: streams.heldOut,
    settings: config.fineTuning,
    seed: config.seed,
    resume: readFineTuneCheckpoint(file),
    onCheckpoint: (checkpoint) => writeFineTuneCheckpoint(file, checkpoint),
    onStep: (step, loss) => onProgress('fine-tuning', step, steps, `log-loss ${loss.toFixed(3)}`),
  });
  const { weights, curve, keptStep, heldOutForecastLoss } = tuned;
  return { weights, facts: { keptStep, curve: [...curve], heldOutForecastLoss } };
}
