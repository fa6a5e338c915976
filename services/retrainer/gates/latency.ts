// services/retrainer/gates/latency.ts: the new head must not be what a decision waits for.
import { type PromotionGate, show } from './gate.ts';

/** Slower than the champion by this factor is a change somebody must decide on. */
const FACTOR = 2;
/** Below this no factor matters: microseconds per row. */
const ALWAYS_FINE_MICROS = 150;

export const latencyGate: PromotionGate = {
  name: 'latency',
  judge: ({ latency: { challengerMicros, championMicros } }) => {
    const limit = Math.max(ALWAYS_FINE_MICROS, FACTOR * championMicros);
    return {
      passed: challengerMicros <= limit,
      sentence: `${show(challengerMicros)} µs per row (at most ${show(limit)}).`,
      // The measured times stay out of the version: they differ from run to run.
      figures: {},
    };
  },
};
