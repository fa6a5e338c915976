// shared/head/thresholds.ts: from a review budget to the scores at which a decision changes.
import type { Thresholds } from '../registry/manifest.ts';

/** Shares of all transactions that people may be asked to look at. */
export interface ReviewBudget {
  /** Reviewed or declined, e.g. .005. */
  readonly reviewShare: number;
  /** Declined, e.g. .001. */
  readonly declineShare: number;
}

/** Half a percent to review, a tenth of a percent to decline. */
export const defaultReviewBudget: ReviewBudget = { reviewShare: 0.005, declineShare: 0.001 };

/** `elevated` starts where four times the review budget would. */
const ELEVATED_FACTOR = 4;

/**
 * Thresholds such that on these transactions the budget is met and not exceeded.
 * @param scores calibrated scores of a stream after the training window
 * @param weights transactions each row stands for
 */
export function chooseThresholds(
  scores: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  budget: ReviewBudget = defaultReviewBudget,
): Thresholds {
  const [elevated = 1, review = 1, decline = 1] = [
    ELEVATED_FACTOR * budget.reviewShare,
    budget.reviewShare,
    budget.declineShare,
  ].map((share) => scoreAtShare(scores, weights, share));
  return {
    reviewAbove: review,
    declineAbove: decline,
    riskLevels: { elevated, high: review, critical: decline },
  };
}

/** Smallest score such that at most `share` of the weight lies at or above it; 1 when even the highest score is too common. */
function scoreAtShare(
  scores: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  share: number,
): number {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort(
    (left, right) => (scores[right] ?? 0) - (scores[left] ?? 0),
  );
  let total = 0;
  for (let row = 0; row < scores.length; row++) total += weights?.[row] ?? 1;
  let above = 0;
  let threshold = 1;
  for (let rank = 0; rank < order.length; rank++) {
    const row = order[rank] ?? 0;
    above += weights?.[row] ?? 1;
    if (above > share * total) break;
    const score = scores[row] ?? 0;
    if (scores[order[rank + 1] ?? -1] !== score) threshold = score;
  }
  return threshold;
}
