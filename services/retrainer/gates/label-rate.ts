// services/retrainer/gates/label-rate.ts: a share of fraud that jumped is a feed gone wrong, or an attack on the labels, before it is fraud.
import { type PromotionGate, show, type WindowFacts } from './gate.ts';

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
      const { factor, limit } = judgePairs(Object.values(windows), bounds.factor);
      return {
        passed: least >= bounds.least && most <= bounds.most && factor <= limit,
        sentence: `Fraud rate ${show(least)} to ${show(most)} over the windows (within ${bounds.least} and ${bounds.most}), a factor of ${show(factor)} between two of them (at most ${show(limit)}).`,
        figures: { least, most, factor, limit },
      };
    },
  };
}

/** Of all pairs of windows the one whose rates lie furthest apart for its own counts: what a third window allows is nothing to these two. */
function judgePairs(windows: readonly WindowFacts[], allowed: number) {
  const pairs = windows.flatMap((left, index) =>
    windows.slice(index + 1).map((right) => ({
      factor: Math.max(left.fraudRate, right.fraudRate) / Math.min(left.fraudRate, right.fraudRate),
      // Two standard errors of the logarithm of a ratio of two counts.
      limit: allowed * Math.exp(2 * Math.sqrt(1 / Math.max(1, left.frauds) + 1 / Math.max(1, right.frauds))),
    })),
  );
  return pairs.reduce((worst, pair) =>
    pair.factor / pair.limit > worst.factor / worst.limit ? pair : worst,
  );
}
