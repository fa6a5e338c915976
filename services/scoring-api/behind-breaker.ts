// services/scoring-api/behind-breaker.ts: the model behind a circuit breaker, so that a sick encoder costs nobody the deadline.
import type { Clock } from '../../shared/clock.ts';
import type { Encoder } from '../../shared/encoder/encoder.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type BreakerState, createEncoderBreaker } from '../../shared/scoring/encoder-breaker.ts';
import type { ScoringModel } from '../../shared/scoring/scorer.ts';
import type { ApiMetrics } from './api-metrics.ts';

/** When the encoder is given a rest, and for how long. */
const breaker = { failures: 5, openMs: 2_000, silentMs: 250 };

/** The model behind a circuit breaker of its own: a new encoder is not judged by the one before. */
export function behindBreaker(
  { champion, encoder, challengers }: ScoringModel,
  parts: { readonly clock: Clock; readonly log: Logger },
  metrics: ApiMetrics,
): ScoringModel {
  if (!encoder) return { champion };
  metrics.circuitOpen.set(0);
  const onChange = (state: BreakerState): void => {
    metrics.circuitOpen.set(state === 'closed' ? 0 : 1);
    parts.log.warn({ state }, 'encoder circuit');
  };
  const encodeMany: Encoder['encodeMany'] = (rows) => encoder.encodeMany(rows);
  return {
    champion,
    encoder: createEncoderBreaker(encodeMany, { ...breaker, clock: parts.clock, onChange }),
    challengers,
  };
}
