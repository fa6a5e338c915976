// shared/transfer/transfer-config.ts: everything a transfer can be told: technique, encoder, data, windows, labels, controls; one schema.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { fineTuneSettingsSchema } from '../training/fine-tune-settings.ts';

export const techniques = [
  /** Frozen encoder, head fitted. */
  'feature-extraction',
  /** Labels move the encoder's last layers or all of it; then the head. */
  'fine-tuning',
  /** Goes on pretraining on the target's unlabelled stream, and/or aligns the embedding's statistics; then the head. */
  'domain-adaptation',
  /** Adaptation, then fine-tuning, then the head. */
  'adaptation-and-fine-tuning',
] as const;
export type Technique = (typeof techniques)[number];

export const controlNames = [
  /** The head without any reading. */
  'features-only',
  /** The same encoder with random weights, the same head. */
  'random-weights',
  /** Everything the same, labels of the training rows shuffled: must find nothing. */
  'shuffled-labels',
  /** The encoder as it was given, frozen: what the technique adds. */
  'as-given',
] as const;
export type ControlName = (typeof controlNames)[number];

export const headKinds = [
  /** Linear with few labelled fraud cards, otherwise boosted trees. */
  'auto',
  'linear',
  /** The linear head for few labels beside shallow trees, mean logit. */
  'linear-and-trees',
  'mlp',
  'trees',
  /** Trees beside an MLP, mean logit. */
  'fusion',
] as const;

const time = z.iso.datetime({ offset: true });

export const transferConfigSchema = z.strictObject({
  technique: z.enum(techniques),
  /** Name of a shipped encoder, or a directory of one. */
  encoder: z.string().default('small'),
  seed: z.int().min(1).default(1),
  /** Share of the cards, by hash, whose labels exist anywhere: in training and in histories. */
  labelShare: z.number().positive().max(1).default(1),
  /** One genuine row in this many is trained on and calibrated on; every row of the test window is judged. */
  genuineEvery: z.int().min(1).default(4),
  windows: z
    .strictObject({
      /** Training ends `labelDelayDays` before calibration begins, calibration as long before the test window. */
      calibrateFrom: time.optional(),
      testFrom: time.optional(),
      /** Where the boundaries lie when no times are given: shares of the whole time. */
      calibrateShare: z.number().min(0.01).max(0.9).default(0.15),
      testShare: z.number().min(0.01).max(0.9).default(0.25),
      labelDelayDays: z.number().min(0).max(120).default(7),
      /** First days that only fill histories. */
      warmUpDays: z.number().min(0).default(7),
    })
    .prefault({}),
  head: z.enum(headKinds).default('auto'),
  /** Heads of as many seeds are averaged into one. */
  headSeeds: z.int().min(1).max(10).default(1),
  headEpochs: z.int().min(1).default(4),
  headTrees: z.int().min(1).default(300),
  adaptation: z
    .strictObject({
      pretraining: z.boolean().default(true),
      alignment: z.boolean().default(true),
      steps: z.int().min(1).default(600),
      learningRate: z.number().positive().default(4e-3),
      rows: z.int().min(1).default(96),
    })
    .prefault({}),
  fineTuning: fineTuneSettingsSchema.prefault({}),
  controls: z.array(z.enum(controlNames)).default([...controlNames]),
  /** Rounds of the bootstrap over cards behind every interval. */
  rounds: z.int().min(0).default(200),
});
export type TransferConfig = z.infer<typeof transferConfigSchema>;

/**
 * @throws AppError FRAUD_INPUT_INVALID listing every problem at once
 */
export function parseTransferConfig(given: unknown): TransferConfig {
  const parsed = transferConfigSchema.safeParse(given);
  if (!parsed.success) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: z.prettifyError(parsed.error) });
  }
  return parsed.data;
}

export const isAdapting = ({ technique }: TransferConfig): boolean =>
  technique === 'domain-adaptation' || technique === 'adaptation-and-fine-tuning';

export const isFineTuning = ({ technique }: TransferConfig): boolean =>
  technique === 'fine-tuning' || technique === 'adaptation-and-fine-tuning';
