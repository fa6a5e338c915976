// services/stream-scorer/start-model.ts: the champion, verified, and the encoder that runs it, announced.
import { createOnnxEncoder, type OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { type Champion, createChampion } from '../../shared/scoring/champion.ts';
import type { ScorerSettings } from './config.ts';

export interface StartedModel {
  readonly champion: Champion;
  readonly encoder: OnnxEncoder;
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
  readonly settings: ScorerSettings;
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
      }),
    (part) => part.close(),
  );
  announce(log, metrics, encoder);
  return { champion, encoder };
}
