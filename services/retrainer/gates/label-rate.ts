// services/retrainer/gates/label-rate.ts: a share of fraud that jumped is a feed gone wrong, or an attack on the labels, before it is fraud.
import { type PromotionGate, show } from './gate.ts';

export interface RateBounds {
  readonly least: number;
  readonly most: number;
  /** Between any two windows, beside the noise of few frauds. */
  readonly factor: number;
}
export const defaultRateBounds: RateBounds = { least: 1e-5, most: 0.05, factor: 4 };

export function createLabelRateGate(bounds: RateBounds = defaultRateBounds): PromotionGate {
  return {
    name: 'label-rate',
    judge: ({ windows }) => {
      const rates = Object.values(windows).map(({ fraudRate }) => fraudRate);
      const [least, most] = [Math.min(...rates), Math.max(...rates)];
      const factor = most / least;
      const counts = Object.values(windows).map(({ frauds }) => Math.max(1, frauds));
      // Two standard errors of the logarithm of a ratio of two counts.
      const limit =
        bounds.factor * Math.exp(2 * Math.sqrt(1 / Math.min(...counts) + 1 / Math.max(...counts)));
      return {
        passed: least >= bounds.least && most <= bounds.most && factor <= limit,
        sentence: `Fraud rate ${show(least)} to ${show(most)} over the windows (within ${bounds.least} and ${bounds.most}, factor at most ${show(limit)}).`,
        figures: { least, most, factor, limit },
      };
    },
  };
}
