// shared/training/adapt-encoder.ts: domain adaptation: an encoder goes on forecasting next events, on the target's own unlabelled stream.
import type { EncoderConfig, EncoderWeights } from '../encoder/definition.ts';
import { AppError } from '../errors.ts';
import type { TensorFlow } from './backend.ts';
import { measureHeldOut } from './measure-held-out.ts';
import type { PackedStream } from './packed-stream.ts';
import { type Checkpoint, defaultPretrainSettings, pretrainEncoder } from './pretrain-encoder.ts';

export interface AdaptInput {
  readonly tf: TensorFlow;
  readonly config: EncoderConfig;
  readonly initial: EncoderWeights;
  readonly stream: PackedStream;
  /** Cards that are not trained on. */
  readonly heldOut: PackedStream;
  readonly settings: {
    readonly steps: number;
    readonly learningRate: number;
    readonly rows: number;
    readonly seed: number;
  };
  readonly resume?: Checkpoint | undefined;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  readonly onStep?: (step: number, loss: number) => void;
}

export interface Adapted {
  readonly weights: EncoderWeights;
  /** Sum over the forecasts, nats per next event, on held-out cards. */
  readonly heldOutLoss: { readonly before: number; readonly after: number };
}

/** Batches of held-out windows that losses are told on. */
const HELD_OUT_BATCHES = 6;

/**
 * Continues pretraining. No label is looked at.
 * @throws AppError FRAUD_INPUT_INVALID with less traffic than one window
 */
export async function adaptEncoder(input: AdaptInput): Promise<Adapted> {
  const { tf, config, initial, stream, heldOut } = input;
  if (stream.eventCount < config.window || heldOut.eventCount === 0) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: 'There is too little unlabelled traffic to adapt to.',
    });
  }
  const settings = {
    ...defaultPretrainSettings,
    ...input.settings,
    evaluateEvery: Math.max(1, Math.min(100, Math.ceil(input.settings.steps / 5))),
    heldOutBatches: HELD_OUT_BATCHES,
  };
  const { weights } = await pretrainEncoder({
    tf,
    config,
    initial,
    training: stream,
    settings,
    ...(input.resume && { resume: input.resume }),
    ...(input.onCheckpoint && { onCheckpoint: input.onCheckpoint }),
    onStep: (step, { total }) => input.onStep?.(step, total),
  });
  const measure = (of: EncoderWeights) => measureHeldOut({ tf, config, settings }, of, heldOut).total;
  return { weights, heldOutLoss: { before: measure(initial), after: measure(weights) } };
}
