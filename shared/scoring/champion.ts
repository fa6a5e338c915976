// shared/scoring/champion.ts: a verified model version made ready to score: heads, calibrators, references, explanation.
import { z } from 'zod';
import type { ModelStamp, Tier } from '../domain/decision.ts';
import type { EncoderConfig } from '../encoder/definition.ts';
import { encoderSizesSchema } from '../encoder/encoder-sizes.ts';
import type { OnnxEncoderOptions } from '../encoder/onnx-encoder.ts';
import { AppError } from '../errors.ts';
import { digestReference } from '../features/digests.ts';
import { type FeatureSettings, featureSettingsSchema } from '../features/feature-settings.ts';
import { type PopulationReference, populationReferenceSchema } from '../features/population-reference.ts';
import { featureVersion } from '../features/velocity.ts';
import { Calibrator } from '../head/calibrator.ts';
import { createJoinRule, type JoinRule } from '../head/day-zero.ts';
import { parseHead } from '../head/head-bytes.ts';
import { featuresOnlyInputs, fullHeadInputs } from '../head/head-inputs.ts';
import { createPlainHead, type PlainHead } from '../head/head-weights.ts';
import { createRarity, listStatistics, type Rarity } from '../head/statistics.ts';
import type { Manifest, Thresholds } from '../registry/manifest.ts';
import type { VerifiedVersion } from '../registry/registry.ts';
import { createExplain, type Explain } from './explain.ts';

/** What is known of one portfolio under this version. */
export interface PortfolioView {
  readonly reference: PopulationReference;
  readonly rarity: Rarity;
  readonly stamp: ModelStamp;
}

/** A version that can score. Holds no session: the encoder is started from `encoderParts`. */
export interface Champion {
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly config: EncoderConfig;
  readonly featureSettings: FeatureSettings;
  readonly thresholds: Thresholds;
  readonly calibrators: Readonly<Record<Tier, Calibrator>>;
  readonly featuresOnlyHead: PlainHead;
  readonly explain: Explain;
  readonly joinRule: JoinRule;
  /** The portfolio's own reference, or the one of `*`. */
  viewOf(portfolioId: string): PortfolioView;
  /** What `createOnnxEncoder` needs of this version; add provider and limits. */
  readonly encoderParts: Pick<
    OnnxEncoderOptions,
    'encoderModel' | 'encoderVersion' | 'config' | 'heads' | 'references'
  >;
}

/**
 * Makes a verified version ready to score.
 * @throws AppError FRAUD_MODEL_INVALID naming what does not fit this scorer
 */
export function createChampion({ manifest, manifestDigest, files }: VerifiedVersion): Champion {
  const config = parsePart('encoder.config', encoderSizesSchema, manifest.encoder.config);
  requireFit(manifest, config);
  const references = readReferences(manifest, files);
  const statistics = listStatistics(config);
  const { calibrators, encoder, modelVersion } = manifest;
  const views = new Map<string, PortfolioView>();
  const createView = (reference: PopulationReference): PortfolioView => ({
    reference,
    rarity: createRarity(statistics, reference),
    stamp: {
      modelVersion,
      encoderVersion: encoder.version,
      manifestDigest,
      referenceDigest: digestReference(reference),
    },
  });
  for (const [portfolioId, reference] of Object.entries(references)) {
    views.set(portfolioId, createView(reference));
  }
  const fallback = views.get('*');
  return {
    manifest,
    manifestDigest,
    config,
    featureSettings: parsePart('featureSettings', featureSettingsSchema, manifest.featureSettings),
    thresholds: manifest.thresholds,
    calibrators: {
      full: new Calibrator(calibrators.full),
      'features-only': new Calibrator(calibrators.featuresOnly),
      rules: new Calibrator(calibrators.rules),
    },
    featuresOnlyHead: createPlainHead(parseHead(fileOf(files, manifest.heads.featuresOnly.file))),
    explain: createExplain(statistics, manifest.explanation),
    joinRule: createJoinRule(statistics),
    viewOf: (portfolioId) => {
      const view = views.get(portfolioId) ?? fallback;
      if (!view) throw invalid('There is no population reference `*`.');
      return view;
    },
    encoderParts: {
      encoderModel: fileOf(files, encoder.file),
      encoderVersion: encoder.version,
      config,
      heads: [{ modelVersion, graph: fileOf(files, manifest.heads.full.file) }],
      references,
    },
  };
}

function readReferences(
  manifest: Manifest,
  files: VerifiedVersion['files'],
): Record<string, PopulationReference> {
  return Object.fromEntries(
    Object.entries(manifest.references).map(([portfolioId, { file }]) => {
      const stored: unknown = JSON.parse(new TextDecoder().decode(fileOf(files, file)));
      return [portfolioId, parsePart(file, populationReferenceSchema, stored)];
    }),
  );
}

/** A version made for other features, readings or channels would score nonsense: it is refused before it is loaded. */
function requireFit(manifest: Manifest, config: EncoderConfig): void {
  const { heads } = manifest;
  if (manifest.featureVersion !== featureVersion) {
    throw invalid(`Made for ${manifest.featureVersion}, this scorer computes ${featureVersion}.`);
  }
  if (!isSameList(heads.full.inputs, fullHeadInputs(config))) {
    throw invalid('The full head expects other inputs than this scorer computes.');
  }
  if (!isSameList(heads.featuresOnly.inputs, featuresOnlyInputs)) {
    throw invalid('The features-only head expects other inputs than this scorer computes.');
  }
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

function fileOf(files: VerifiedVersion['files'], name: string): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw invalid(`File ${name} is missing.`);
  return bytes;
}

function parsePart<Schema extends z.ZodType>(name: string, schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(`${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function invalid(detail: string): AppError {
  return new AppError('FRAUD_MODEL_INVALID', { detail });
}
