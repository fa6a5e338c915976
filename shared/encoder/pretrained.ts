// shared/encoder/pretrained.ts: pretrained encoders on disk: manifest, digests, loading; those in ./pretrained are shipped, imported ones lie in FRAUD_HOME.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../config/package-root.ts';
import { AppError } from '../errors.ts';
import type { EncoderConfig, EncoderWeights } from './definition.ts';
import { encoderSizesSchema } from './encoder-sizes.ts';
import { fromWeightFile } from './weight-file.ts';

export const PRETRAINED_FILES = {
  manifest: 'manifest.json',
  model: 'model.onnx',
  weights: 'weights.safetensors',
  card: 'MODEL_CARD.md',
  curves: 'curves.svg',
} as const;

const digested = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) });

export const pretrainedManifestSchema = z.object({
  formatVersion: z.literal(1),
  /** `<name>-<first 12 hex characters of the model's SHA-256>` */
  encoderVersion: z.string(),
  config: encoderSizesSchema,
  /** Names of channels and readings, in order: code that computes others must not use this encoder. */
  channels: z.array(z.string()),
  readings: z.array(z.string()),
  objective: z.string(),
  data: z.record(z.string(), z.unknown()),
  settings: z.record(z.string(), z.unknown()),
  /** Mean loss per next event, nats, by task, on held-out traffic. */
  heldOutLosses: z.record(z.string(), z.number()),
  /** What a forecaster that knows only how often each value occurs in the training traffic would lose. */
  baselineLosses: z.record(z.string(), z.number()),
  /** Both losses on accounts' own histories of statements and repayments, when the traffic held any. */
  accounts: z
    .object({
      heldOutLosses: z.record(z.string(), z.number()),
      baselineLosses: z.record(z.string(), z.number()),
    })
    .optional(),
  command: z.string(),
  /** Of an encoder that was trained elsewhere: its maker's manifest, the readings it gives, and what trying it showed. */
  imported: z
    .object({
      manifest: z.record(z.string(), z.unknown()),
      readings: z.array(z.string()),
      trial: z.record(z.string(), z.number()),
    })
    .optional(),
  files: z.record(z.string(), digested),
});
export type PretrainedManifest = z.infer<typeof pretrainedManifestSchema>;

export interface PretrainedEncoder {
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
  /** ONNX bytes, as verified. */
  readonly model: Uint8Array;
  readonly manifest: PretrainedManifest;
  /**
   * Read and verified on demand: only training needs them.
   * @throws AppError FRAUD_ENCODER_WITHOUT_WEIGHTS for an imported encoder
   */
  readWeights(): EncoderWeights;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Names of the shipped encoders: `small` for portfolios of all kinds, one each for two of them, `tiny` for tests. */
export const shippedEncoders = ['small', 'small-cnp', 'small-pos', 'tiny'] as const;

/** Directory of a shipped encoder. */
export function shippedDirectory(name: string): string {
  return join(packageRoot, 'shared', 'encoder', 'pretrained', name);
}

/** Directory in which imported encoders lie, one directory each: `encoders` in FRAUD_HOME. */
export function importedDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.FRAUD_HOME ?? '.fraud', 'encoders');
}

/** The directory that a name stands for: a shipped encoder, an imported one, or itself. */
export function encoderDirectory(nameOrDirectory: string): string {
  const places = [shippedDirectory(nameOrDirectory), join(importedDirectory(), nameOrDirectory)];
  return places.find((place) => existsSync(join(place, PRETRAINED_FILES.manifest))) ?? nameOrDirectory;
}

function readVerified(directory: string, file: string, manifest: PretrainedManifest): Uint8Array {
  const bytes = new Uint8Array(readFileSync(join(directory, file)));
  if (sha256Of(bytes) === manifest.files[file]?.sha256) return bytes;
  throw new AppError('FRAUD_MODEL_HASH_MISMATCH', { field: join(directory, file) });
}

/**
 * A shipped encoder by name (a directory of ./pretrained, such as `small`), an imported one by its version, or any by its directory.
 * @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_INVALID, FRAUD_MODEL_HASH_MISMATCH
 */
export function loadPretrained(nameOrDirectory: string): PretrainedEncoder {
  const directory = encoderDirectory(nameOrDirectory);
  const file = join(directory, PRETRAINED_FILES.manifest);
  if (!existsSync(file)) {
    throw new AppError('FRAUD_MODEL_NOT_FOUND', {
      detail: `There is no pretrained encoder at ${directory}.`,
    });
  }
  const parsed = pretrainedManifestSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { field: file, cause: parsed.error });
  const manifest = parsed.data;
  return {
    encoderVersion: manifest.encoderVersion,
    config: manifest.config,
    model: readVerified(directory, PRETRAINED_FILES.model, manifest),
    manifest,
    readWeights() {
      if (manifest.imported) {
        throw new AppError('FRAUD_ENCODER_WITHOUT_WEIGHTS', {
          detail: `${manifest.encoderVersion} was imported.`,
        });
      }
      return fromWeightFile(readVerified(directory, PRETRAINED_FILES.weights, manifest)).weights;
    },
  };
}
