// shared/registry/manifest.ts: what a model version is made of: files with digests, calibrators, thresholds, settings, references.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.ts';

/** Name of the manifest inside a version directory. */
export const MANIFEST_FILE = 'manifest.json';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
/** One path segment, so that a manifest can never point outside its own directory. */
const fileName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,95}$/, 'expected a plain file name');
export const modelVersionSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits, dot, dash');

/** Monotone map raw score → probability: ascending points, joined by straight lines, level beyond the ends. */
export const calibratorSchema = z
  .object({
    rawScores: z.array(z.number()).min(2),
    scores: z.array(z.number().min(0).max(1)).min(2),
  })
  .refine(
    (points) => points.rawScores.length === points.scores.length,
    'expected as many scores as raw scores',
  )
  .refine((points) => isAscending(points.rawScores, true), 'expected strictly ascending raw scores')
  .refine((points) => isAscending(points.scores, false), 'expected scores that never fall');
export type CalibratorPoints = z.infer<typeof calibratorSchema>;

/** Scores (calibrated probabilities) from which a decision changes. `elevated`, `high`, `critical` are lower bounds of the risk levels. */
export const thresholdsSchema = z
  .object({
    reviewAbove: z.number().min(0).max(1),
    declineAbove: z.number().min(0).max(1),
    riskLevels: z.object({ elevated: z.number(), high: z.number(), critical: z.number() }),
  })
  .refine((bounds) => bounds.reviewAbove <= bounds.declineAbove, 'expected reviewAbove ≤ declineAbove');
export type Thresholds = z.infer<typeof thresholdsSchema>;

const headSchema = z.object({
  file: fileName,
  /** Names of the inputs, in order; a scorer whose code computes others refuses the version. */
  inputs: z.array(z.string()).min(1),
});

export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  modelVersion: modelVersionSchema,
  createdAt: z.iso.datetime(),
  /** The version this one was derived from (a reference or a head replaced). */
  derivedFrom: modelVersionSchema.optional(),
  /** What a retrained version was made from. */
  lineage: z
    .object({
      /** Digest of the training set: what was read and how. */
      snapshotId: z.string(),
      /** Nothing that became known later was read. */
      cut: z.iso.datetime(),
      seed: z.int(),
      /** Version of this package. */
      code: z.string(),
      backend: z.string(),
    })
    .optional(),
  encoder: z.object({
    version: z.string().min(1),
    file: fileName,
    config: z.record(z.string(), z.unknown()),
  }),
  heads: z.object({ full: headSchema, featuresOnly: headSchema }),
  calibrators: z.object({ full: calibratorSchema, featuresOnly: calibratorSchema, rules: calibratorSchema }),
  thresholds: thresholdsSchema,
  featureVersion: z.string().min(1),
  featureSettings: z.record(z.string(), z.unknown()),
  /** Population reference per portfolio; `*` serves portfolios that have none of their own. */
  references: z
    .record(z.string(), z.object({ file: fileName }))
    .refine((references) => '*' in references, 'expected a reference `*`'),
  explanation: z.object({
    /** Reasons weaker than this many bits are not given. */
    minimumBits: z.number().min(0),
    maximumReasons: z.int().min(0).max(4),
  }),
  report: fileName,
  modelCard: fileName,
  /** Every file of the version except the manifest itself. */
  files: z.record(fileName, z.object({ sha256: sha256Hex, bytes: z.int().min(0) })),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Files by name; what a version holds beside its manifest. */
export type VersionFiles = ReadonlyMap<string, Uint8Array>;

function isAscending(values: readonly number[], strictly: boolean): boolean {
  return values.every((value, index) => {
    const before = values[index - 1] ?? Number.NEGATIVE_INFINITY;
    return strictly ? value > before : value >= before;
  });
}

/** SHA-256 of bytes, 64 hex characters. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The `files` section for these files. */
export function describeFiles(files: VersionFiles): Manifest['files'] {
  const names = [...files.keys()].sort();
  return Object.fromEntries(
    names.map((name) => {
      const bytes = files.get(name) ?? new Uint8Array();
      return [name, { sha256: sha256Of(bytes), bytes: bytes.byteLength }];
    }),
  );
}

/** Bytes of a manifest as they are stored; their SHA-256 is the manifest digest named in every decision. */
export function toManifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifestSchema.parse(manifest), null, 1)}\n`);
}

/**
 * Parses the bytes of a manifest.
 * @throws AppError FRAUD_MODEL_INVALID naming every problem
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const parsed = manifestSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { detail: z.prettifyError(parsed.error) });
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('FRAUD_MODEL_INVALID', { detail: 'The manifest is not JSON.', cause });
  }
}

/**
 * Holds files against the manifest: each listed, none missing, every digest equal.
 * @throws AppError FRAUD_MODEL_HASH_MISMATCH
 */
export function verifyFiles(manifest: Manifest, files: VersionFiles): void {
  const wrong = Object.entries(manifest.files)
    .filter(([name, { sha256 }]) => {
      const bytes = files.get(name);
      return bytes === undefined || sha256Of(bytes) !== sha256;
    })
    .map(([name]) => name);
  const unlisted = [...files.keys()].filter((name) => !(name in manifest.files));
  const missing = namedFiles(manifest).filter((name) => !(name in manifest.files));
  const problems = [...wrong, ...unlisted, ...missing];
  if (problems.length > 0) {
    throw new AppError('FRAUD_MODEL_HASH_MISMATCH', {
      detail: `Version ${manifest.modelVersion}: ${problems.join(', ')}.`,
      facts: { modelVersion: manifest.modelVersion },
    });
  }
}

/** Every file name the manifest refers to outside its `files` section. */
function namedFiles(manifest: Manifest): string[] {
  const references = Object.values(manifest.references).map(({ file }) => file);
  const { encoder, heads, report, modelCard } = manifest;
  return [encoder.file, heads.full.file, heads.featuresOnly.file, report, modelCard, ...references];
}
