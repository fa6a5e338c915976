// services/retrainer/gates/label-rate.ts: a share of fraud that jumped is a feed gone wrong, or an attack on the labels, before it is fraud.
import { type PromotionGate, show } from './gate.ts';

export interface RateBounds {
  readonly least: number;
  readonly most: number;
  /** Between any two windows. */
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
      return {
        passed: least >= bounds.least && most <= bounds.most && factor <= bounds.factor,
        sentence: `Fraud rate ${show(least)} to ${show(most)} over the windows (within ${bounds.least} and ${bounds.most}, factor at most ${bounds.factor}).`,
        figures: { least, most, factor },
      };
    },
  };
}
