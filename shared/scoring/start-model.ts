// shared/scoring/start-model.ts: the champion, verified, and the encoder that runs it, announced.
import type { ProviderChoice } from '../encoder/binding.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../encoder/onnx-encoder.ts';
import type { Scope } from '../lifecycle/scope.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { loadAlias } from '../registry/registry.ts';
import { type Champion, createChampion } from './champion.ts';

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

/** @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, FRAUD_MODEL_INVALID, FRAUD_PROVIDER_UNAVAILABLE */
export async function startModel(parts: {
  readonly settings: ModelSettings;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  readonly scope: Scope;
}): Promise<StartedModel> {
  const { settings, log, metrics, scope } = parts;
  const { entry, version } = await loadAlias(new FileRegistry(settings.registryDirectory), 'champion');
  const champion = createChampion(version);
  log.info({ modelVersion: entry.modelVersion, manifestDigest: version.manifestDigest }, 'champion verified');
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
  announce(log, metrics, encoder);
  return { champion, encoder };
}
