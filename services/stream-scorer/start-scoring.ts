// services/stream-scorer/start-scoring.ts: the scorer and the version it follows: flipped between two chunks, each of which is scored by one.
import { type Clock, systemClock } from '../../shared/clock.ts';
import { createAnnounceMove } from '../../shared/kafka/model-events.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import { createAnnouncingRegistry } from '../../shared/registry/announcing-registry.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { watchCalls } from '../../shared/scoring/calls-under-way.ts';
import { readChallengerSource } from '../../shared/scoring/challenger-source.ts';
import { type LiveModel, startLiveModel } from '../../shared/scoring/live-model.ts';
import { createScorer, type Scorer } from '../../shared/scoring/scorer.ts';
import type { ServingModel } from '../../shared/scoring/served-versions.ts';
import { startCanary } from '../../shared/scoring/start-canary.ts';
import type { ModelSettings } from '../../shared/scoring/start-model.ts';
import type { ScorerSettings } from './config.ts';

export interface Scoring {
  /** Its calls are watched: a version is stopped only after the last of them. */
  readonly scorer: Pick<Scorer, 'evaluateMany' | 'replaceRules'>;
  readonly model: LiveModel;
}

/** @throws AppError as `startLiveModel` */
export async function startScoring(parts: {
  readonly settings: ModelSettings & Pick<ScorerSettings, 'shadow' | 'shadowVersions' | 'canaryShare'>;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly announcing: Parameters<typeof createAnnounceMove>[0];
}): Promise<Scoring> {
  const { settings, log, metrics, scope, clock } = parts;
  const registry = new FileRegistry(settings.registryDirectory);
  /** Nothing scores yet while the first version starts. */
  let replace: (next: ServingModel) => Promise<void> = () => Promise.resolve();
  const model = await scope.start(
    'model',
    () =>
      startLiveModel({
        settings,
        registry,
        log,
        metrics,
        challengers: readChallengerSource(settings, { registry, log }),
        onReplace: (next) => replace(next),
      }),
    (part) => part.close(),
  );
  const scorer = createScorer({
    ...model.current(),
    clock,
    canary: startCanary({
      share: settings.canaryShare,
      registry: createAnnouncingRegistry(registry, createAnnounceMove(parts.announcing)),
      log,
      metrics,
      clock: systemClock,
      by: 'stream-scorer',
    }),
    onDegrade: (error, tier, transactions) => {
      log.error({ err: error, tier, transactions }, 'answering on a lower tier');
      // A worker that hung or died is replaced now, not at the next second.
      void model.look();
    },
  });
  const calls = watchCalls(scorer);
  replace = (next) => {
    scorer.replaceModel(next);
    return calls.whenAnswered();
  };
  return { scorer: { ...calls, replaceRules: scorer.replaceRules }, model };
}
