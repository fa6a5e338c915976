// services/stream-scorer/timed.ts: measures each step of the pipeline by its function name.
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import type { Step } from './chunk.ts';

/** Wraps a step so that its duration lands in `fraud_stage_duration_seconds{stage}`. */
export function createTimed({
  scoreDuration,
}: ScorerMetrics): <In, Out>(step: Step<In, Out>) => Step<In, Out> {
  return (step) => async (chunk) => {
    const end = scoreDuration.startTimer({ stage: step.name });
    try {
      return await step(chunk);
    } finally {
      end();
    }
  };
}
