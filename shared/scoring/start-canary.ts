// shared/scoring/start-canary.ts: a canary whose end is counted, told and noted in the registry, so that every process ends it.
import type { Clock } from '../clock.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import type { Registry } from '../registry/registry.ts';
import { retireChallenger } from '../registry/retire-challenger.ts';
import { type Canary, createCanary, type RollBack } from './canary.ts';

export interface CanaryParts {
  /** Share of the cards for which the challenger decides; 0: none. */
  readonly share: number;
  /** One that announces its moves, where others are to hear of the end. */
  readonly registry: Pick<Registry, 'readAlias' | 'moveAlias'>;
  readonly log: Logger;
  readonly metrics: Pick<ScorerMetrics, 'canaryDecisions' | 'canaryRollBacks'>;
  /** Wall clock: moves are noted with it. */
  readonly clock: Clock;
  /** Who says so in the registry's history, e.g. `stream-scorer`. */
  readonly by: string;
}

/** A move that could not be noted is tried again after so long, at the next decision. */
const RETRY_MS = 10_000;

interface CanaryEnd {
  readonly modelVersion: string;
  readonly rollBack: RollBack;
}

/** In this process the challenger decides nothing from that moment on; in the others from when they see the alias moved. */
export function startCanary(parts: CanaryParts): Canary | undefined {
  const { share, registry, log, metrics, clock, by } = parts;
  if (share === 0) return undefined;
  let unnoted: CanaryEnd | undefined;
  let triedMs = 0;
  const noteEnd = async (end: CanaryEnd): Promise<void> => {
    const { modelVersion, rollBack } = end;
    unnoted = end;
    triedMs = clock.now();
    const movedAt = new Date(triedMs).toISOString();
    const reason = `canary rolled back (${rollBack.condition}): ${rollBack.sentence}`;
    try {
      await retireChallenger(registry, modelVersion, { movedAt, by, reason });
      if (unnoted === end) unnoted = undefined;
    } catch (error) {
      log.error(
        { err: error, modelVersion },
        'the roll-back of the canary could not be noted in the registry: tried again soon',
      );
    }
  };
  const canary = createCanary(share, (modelVersion, rollBack) => {
    metrics.canaryRollBacks.inc({ condition: rollBack.condition });
    log.error({ modelVersion, ...rollBack }, 'canary rolled back: the champion decides again');
    void noteEnd({ modelVersion, rollBack });
  });
  return {
    includes: canary.includes,
    note: (side, sight) => {
      if (side === 'canary' && sight.decided) {
        metrics.canaryDecisions.inc({ decision: sight.alerted ? 'alert' : 'approve' }, sight.decided);
      }
      canary.note(side, sight);
      // Until then the others go on with it, and so does this process after a restart.
      if (unnoted && clock.now() - triedMs >= RETRY_MS) void noteEnd(unnoted);
    },
  };
}
