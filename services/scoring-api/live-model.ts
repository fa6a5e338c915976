// services/scoring-api/live-model.ts: the model that answers: loaded and verified, followed when the alias moves, its encoder started anew when a worker hung or died.
import type { OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { createScope, type Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { type ModelSettings, type StartedModel, startModel } from '../../shared/scoring/start-model.ts';

export interface LiveModel {
  readonly current: () => StartedModel;
  readonly facts: () => Readonly<Record<string, unknown>>;
  /** Looks once: has the alias moved, is the encoder well? Answers go on with the model before until the next one is ready. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export interface LiveModelOptions {
  readonly settings: ModelSettings;
  readonly registry: Registry;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  /** Told of every model after the first. */
  readonly onReplace: (model: StartedModel) => void;
}

/** A model with a scope of its own, so that it can be stopped without the rest. */
async function startOne(
  options: LiveModelOptions,
): Promise<{ readonly model: StartedModel; readonly scope: Scope }> {
  const { settings, log, metrics } = options;
  const scope = createScope((name, error) => log.error({ err: error, part: name }, 'would not stop'));
  return { model: await startModel({ settings, log, metrics, scope }), scope };
}

/** Positions in hand; a hung encoder would never drain, and is left to itself. */
const isDrainable = (encoder: OnnxEncoder): boolean => encoder.isHealthy();

/** @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, FRAUD_MODEL_INVALID, FRAUD_PROVIDER_UNAVAILABLE */
export async function startLiveModel(options: LiveModelOptions): Promise<LiveModel> {
  const { registry, log } = options;
  let started = await startOne(options);
  let isLooking = false;
  /** A move of the alias that could not be followed: tried once, not every second. */
  let refusedFence = 0;

  const isStale = async (): Promise<boolean> => {
    const { champion, encoder } = started.model;
    if (!encoder.isHealthy()) return true;
    const entry = await registry.readAlias('champion');
    return entry?.modelVersion !== champion.manifest.modelVersion && entry?.fence !== refusedFence;
  };
  const replace = async (): Promise<void> => {
    const before = started;
    started = await startOne(options).catch(async (error: unknown) => {
      refusedFence = (await registry.readAlias('champion'))?.fence ?? 0;
      throw error;
    });
    options.onReplace(started.model);
    log.info({ modelVersion: started.model.champion.manifest.modelVersion }, 'another model answers');
    if (isDrainable(before.model.encoder)) await before.scope.stop();
  };
  return {
    current: () => started.model,
    facts: () => {
      const { encoder } = started.model;
      const { encoderVersion, provider, providerReport } = encoder;
      return { encoderVersion, provider, providerReport, isEncoderHealthy: encoder.isHealthy() };
    },
    look: async () => {
      if (isLooking) return;
      isLooking = true;
      try {
        if (await isStale()) await replace();
      } catch (error) {
        // The one before goes on answering.
        log.error({ err: error }, 'the model could not be replaced');
      } finally {
        isLooking = false;
      }
    },
    close: () => started.scope.stop(),
  };
}
