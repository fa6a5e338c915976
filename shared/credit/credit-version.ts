// shared/credit/credit-version.ts: a credit model version in a directory: manifest of kind `credit`, files with digests, loading and writing.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../config/package-root.ts';
import type { EncoderConfig } from '../encoder/definition.ts';
import { encoderSizesSchema } from '../encoder/encoder-sizes.ts';
import { AppError } from '../errors.ts';
import {
  calibratorSchema,
  describeFiles,
  MANIFEST_FILE,
  modelVersionSchema,
  sha256Of,
  type VersionFiles,
} from '../registry/manifest.ts';

/** Directory of the credit version that ships with the package. */
export const shippedCreditDirectory: string = join(packageRoot, 'infra', 'champion-credit');

export const CREDIT_FILES = {
  model: 'credit-model.json',
  encoder: 'encoder.onnx',
  reference: 'reference.json',
  card: 'model-card.md',
  report: 'report.json',
} as const;

export const creditManifestSchema = z.object({
  formatVersion: z.literal(1),
  /** Tells it from a fraud version, whose manifest has no kind. */
  kind: z.literal('credit'),
  modelVersion: modelVersionSchema,
  createdAt: z.iso.datetime(),
  encoder: z
    .object({
      version: z.string(),
      config: encoderSizesSchema,
    })
    .optional(),
  /** Names of the model's inputs, in order. */
  inputs: z.array(z.string()).min(1),
  calibrator: calibratorSchema,
  /** What a default is, and within which time it is foretold. */
  outcome: z.string(),
  /** Share of defaults in the training accounts: the answer where nothing is known of an account. */
  baseRate: z.number().gt(0).lt(1),
  files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.int() })),
});
export type CreditManifest = z.infer<typeof creditManifestSchema>;

/** A version whose files were held against its manifest. */
export interface CreditVersion {
  readonly manifest: CreditManifest;
  readonly manifestDigest: string;
  readonly files: VersionFiles;
}

export function encoderConfigOf(manifest: CreditManifest): EncoderConfig | undefined {
  return manifest.encoder?.config;
}

/**
 * Reads and verifies a credit version.
 * @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_INVALID, FRAUD_MODEL_HASH_MISMATCH
 */
export function loadCreditVersion(directory = shippedCreditDirectory): CreditVersion {
  const manifestFile = join(directory, MANIFEST_FILE);
  if (!existsSync(manifestFile)) {
    throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: `There is no credit version at ${directory}.` });
  }
  const bytes = new Uint8Array(readFileSync(manifestFile));
  const parsed = creditManifestSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { detail: z.prettifyError(parsed.error) });
  const manifest = parsed.data;
  const known: ReadonlySet<string> = new Set(Object.values(CREDIT_FILES));
  const files = new Map<string, Uint8Array>();
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const content =
      known.has(name) && existsSync(join(directory, name)) ? readFileSync(join(directory, name)) : undefined;
    if (!content || sha256Of(content) !== sha256) {
      throw new AppError('FRAUD_MODEL_HASH_MISMATCH', {
        detail: `Version ${manifest.modelVersion}: ${name}.`,
      });
    }
    files.set(name, new Uint8Array(content));
  }
  return { manifest, manifestDigest: sha256Of(bytes), files };
}

/** Writes a version in place of what is in `directory`; resolves to it, as loaded again. */
export async function writeCreditVersion(
  directory: string,
  parts: Omit<CreditManifest, 'formatVersion' | 'kind' | 'files'>,
  files: VersionFiles,
): Promise<CreditVersion> {
  const manifest = { formatVersion: 1, kind: 'credit', ...parts, files: describeFiles(files) };
  const incoming = `${directory}.incoming`;
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(incoming, name), bytes);
  const text = `${JSON.stringify(creditManifestSchema.parse(manifest), null, 1)}\n`;
  await writeFile(join(incoming, MANIFEST_FILE), text);
  await rm(directory, { recursive: true, force: true });
  await rename(incoming, directory);
  return loadCreditVersion(directory);
}
