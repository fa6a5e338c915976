// shared/training/assemble-version.ts: heads, calibrators, thresholds and references → files and manifest of a model version.
import { defaultFeatureSettings, type FeatureSettings } from '../features/feature-settings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { featureVersion } from '../features/velocity.ts';
import { toHeadBytes } from '../head/head-bytes.ts';
import { writeHeadGraph } from '../head/head-graph.ts';
import { describeFiles, type Manifest, sha256Of, type VersionFiles } from '../registry/manifest.ts';
import type { VerifiedVersion } from '../registry/registry.ts';
import { withoutPassesOf } from '../scoring/golden-rows.ts';
import type { BootstrapResult } from './bootstrap.ts';
import { writeModelCard } from './model-card.ts';

/** A model card with pictures, or with further forms. */
export interface ModelCard {
  readonly markdown: string;
  readonly files: VersionFiles;
}

export interface AssembledVersion {
  readonly manifest: Manifest;
  readonly files: VersionFiles;
}

const fileNames = {
  encoder: 'encoder.onnx',
  full: 'head-full.onnx',
  featuresOnly: 'head-features-only.json',
  report: 'report.json',
  modelCard: 'model-card.md',
} as const;

/** Reasons below three bits (one in eight) say nothing to an analyst; four are the most a decision carries. */
const explanation = { minimumBits: 3, maximumReasons: 4 } as const;

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const toJson = (value: unknown): Uint8Array => toBytes(`${JSON.stringify(value)}\n`);
const referenceFile = (index: number): string => `reference-${index}.json`;

/** What any version is made of. */
export interface VersionParts
  extends Pick<BootstrapResult, 'encoder' | 'heads' | 'calibrators' | 'thresholds'> {
  /** Begins the name of the version. */
  readonly kind: string;
  /** By portfolio; `*` serves all others. */
  readonly references: Readonly<Record<string, PopulationReference>>;
  readonly featureSettings: FeatureSettings;
  /** Figures, as JSON. */
  readonly report: unknown;
  /** Further files of the version, e.g. golden rows. */
  readonly otherFiles?: ReadonlyMap<string, Uint8Array>;
  readonly derivedFrom?: string;
  readonly lineage?: Manifest['lineage'];
  /** Model card, Markdown, told the name of the version; and files that belong to it. Neither is part of the name. */
  readonly writeCard: (modelVersion: string) => string | ModelCard;
}

/**
 * The version of a bootstrap, named by what is in it: equal content, equal name.
 * @param createdAt ISO 8601
 */
export function assembleVersion(result: BootstrapResult, createdAt: string): AssembledVersion {
  return assembleParts(
    {
      ...result,
      kind: 'first',
      references: { '*': result.reference },
      featureSettings: defaultFeatureSettings,
      writeCard: (modelVersion) => writeModelCard({ ...result, modelVersion, createdAt }),
    },
    createdAt,
  );
}

/**
 * A version from its parts, named by what is in it.
 * @param createdAt ISO 8601
 */
export function assembleParts(version: VersionParts, createdAt: string): AssembledVersion {
  const { encoder, heads, references, featureSettings } = version;
  const portfolios = Object.keys(references).sort();
  const parts = new Map<string, Uint8Array>([
    [fileNames.encoder, encoder.model],
    [fileNames.full, writeHeadGraph(heads.full, { encoderVersion: encoder.encoderVersion })],
    [fileNames.featuresOnly, toHeadBytes(heads.featuresOnly)],
    [fileNames.report, toJson(version.report)],
    ...portfolios.map((portfolioId, index): [string, Uint8Array] => [
      referenceFile(index),
      toJson(roundReference(references[portfolioId])),
    ]),
    ...(version.otherFiles ?? []),
  ]);
  const modelVersion = `${version.kind}-${encoder.config.name}-${digestOf(parts)}`;
  const card = version.writeCard(modelVersion);
  const { markdown, files: ofCard } = typeof card === 'string' ? { markdown: card, files: new Map() } : card;
  const files: VersionFiles = new Map([...parts, ...ofCard, [fileNames.modelCard, toBytes(markdown)]]);
  const manifest: Manifest = {
    formatVersion: 1,
    modelVersion,
    createdAt,
    ...(version.derivedFrom !== undefined && { derivedFrom: version.derivedFrom }),
    ...(version.lineage && { lineage: version.lineage }),
    encoder: { version: encoder.encoderVersion, file: fileNames.encoder, config: { ...encoder.config } },
    heads: {
      full: { file: fileNames.full, inputs: [...heads.full.inputs] },
      featuresOnly: { file: fileNames.featuresOnly, inputs: [...heads.featuresOnly.inputs] },
    },
    calibrators: version.calibrators,
    thresholds: version.thresholds,
    featureVersion,
    featureSettings: { ...featureSettings },
    references: Object.fromEntries(
      portfolios.map((portfolioId, index) => [portfolioId, { file: referenceFile(index) }]),
    ),
    explanation,
    report: fileNames.report,
    modelCard: fileNames.modelCard,
    files: describeFiles(files),
  };
  return { manifest, files };
}

/**
 * `version` with one portfolio's reference added or replaced; everything else stays as it is.
 * @param createdAt ISO 8601
 */
export function withReference(
  { manifest, files }: VerifiedVersion,
  reference: PopulationReference,
  createdAt: string,
): AssembledVersion {
  const { portfolioId } = reference;
  const taken = new Set(Object.values(manifest.references).map(({ file }) => file));
  let index = 0;
  while (taken.has(referenceFile(index))) index++;
  const file = manifest.references[portfolioId]?.file ?? referenceFile(index);
  const bytes = toJson(roundReference(reference));
  const changed = new Map([...withoutPassesOf(files, portfolioId), [file, bytes] as const]);
  return {
    manifest: {
      ...manifest,
      modelVersion: `${manifest.modelVersion.slice(0, 48)}.r${sha256Of(bytes).slice(0, 8)}`,
      createdAt,
      derivedFrom: manifest.modelVersion,
      references: { ...manifest.references, [portfolioId]: { file } },
      files: describeFiles(changed),
    },
    files: changed,
  };
}

/** Eight significant digits say all a tail table knows, and halve its size. */
function roundReference(reference: PopulationReference | undefined): unknown {
  const text = JSON.stringify(reference, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value,
  );
  return JSON.parse(text);
}

function digestOf(parts: ReadonlyMap<string, Uint8Array>): string {
  const digests = [...parts].map(([name, bytes]) => `${name} ${sha256Of(bytes)}`).sort();
  return sha256Of(toBytes(digests.join('\n'))).slice(0, 10);
}
