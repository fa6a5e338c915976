// services/retrainer/gates/label-noise.ts: fraud that neither model finds riskier than usual is mostly no fraud: its share must stay small.
import { type PromotionGate, show } from './gate.ts';

export interface NoiseBounds {
  /** Share of the known frauds that both models rank below half of the genuine rows, beside the noise of few frauds. */
  readonly unexplained: number;
}
export const defaultNoiseBounds: NoiseBounds = { unexplained: 0.06 };

/** Labels flipped by chance are even over all ranks: of those called fraud half stand below the median of the genuine rows. */
export function createLabelNoiseGate(bounds: NoiseBounds = defaultNoiseBounds): PromotionGate {
  return {
    name: 'label-noise',
    judge: ({ labels: { frauds, unexplained } }) => {
      const share = unexplained / Math.max(1, frauds);
      // Two standard errors.
      const limit =
        bounds.unexplained +
        2 * Math.sqrt((bounds.unexplained * (1 - bounds.unexplained)) / Math.max(1, frauds));
      return {
        passed: share <= limit,
        sentence: `${unexplained} of ${frauds} later frauds stand below half of the genuine rows for both models: ${show(share)} (at most ${show(limit)}).`,
        figures: { frauds, unexplained, share, limit },
      };
    },
  };
}
