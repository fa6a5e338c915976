// shared/scoring/start-model.ts: a verified version, the encoder that runs it, and its golden rows compared before it may answer.
import type { ProviderChoice } from '../encoder/binding.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../encoder/onnx-encoder.ts';
import type { Scope } from '../lifecycle/scope.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { loadAlias, type VerifiedVersion } from '../registry/registry.ts';
import { type Champion, createChampion } from './champion.ts';
import { compareGoldenRows } from './golden-rows.ts';

export interface StartedModel {
  readonly champion: Champion;
  readonly encoder: OnnxEncoder;
}

/** Settings of a process that scores, as its config.ts reads them. */
export interface ModelSettings {
  readonly registryDirectory: string;
  readonly encoderProvider: ProviderChoice;
  /** Worker threads; 0 = one per core. */
  readonly encoderWorkers: number;
  readonly encoderQueuePositions: number;
  /** A worker that is silent for this long is abandoned; default of the encoder when left out. */
  readonly encoderRunDeadlineMs?: number;
}

/** A missing GPU is a warning that cannot be overlooked; one that was asked for by name and is absent throws. */
function announce(log: Logger, metrics: ScorerMetrics, encoder: OnnxEncoder): void {
  const { provider, workers, encoderVersion, providerReport } = encoder;
  metrics.encoderProvider.set({ provider }, 1);
  const facts = { provider, workers, encoderVersion, providerReport };
  if (provider === 'cpu') log.warn(facts, 'encoder runs on the CPU');
  else log.info(facts, 'encoder runs on a GPU');
}

/** What starts a version, whichever it is. */
export interface StartParts {
  readonly settings: ModelSettings;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  /** Owns the encoder. */
  readonly scope: Scope;
}

/**
 * A verified version made ready to answer: encoder and heads loaded and warm, its golden rows scored as it was noted.
 * @throws AppError FRAUD_MODEL_INVALID, FRAUD_MODEL_GOLDEN_MISMATCH, FRAUD_PROVIDER_UNAVAILABLE, FRAUD_ENCODER_FAILED
 */
export async function startVersion(version: VerifiedVersion, parts: StartParts): Promise<StartedModel> {
  const { settings, log, metrics, scope } = parts;
  const champion = createChampion(version);
  const { modelVersion } = champion.manifest;
  log.info({ modelVersion, manifestDigest: version.manifestDigest }, 'version verified');
  const encoder = await scope.start(
    'encoder',
    () =>
      createOnnxEncoder({
        ...champion.encoderParts,
        provider: settings.encoderProvider,
        queueLimitPositions: settings.encoderQueuePositions,
        ...(settings.encoderWorkers > 0 ? { workers: settings.encoderWorkers } : {}),
        ...(settings.encoderRunDeadlineMs === undefined
          ? {}
          : { runDeadlineMs: settings.encoderRunDeadlineMs }),
      }),
    (part) => part.close(),
  );
  const rows = await scope.start(
    'golden rows',
    () => compareGoldenRows(version, encoder),
    () => {},
  );
  log.info({ modelVersion, rows }, 'golden rows compared');
  announce(log, metrics, encoder);
  return { champion, encoder };
}

/** The champion of a registry. @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, and as `startVersion` */
export async function startModel(parts: StartParts): Promise<StartedModel> {
  const { version } = await loadAlias(new FileRegistry(parts.settings.registryDirectory), 'champion');
  return startVersion(version, parts);
}
