// test/shared/head/thresholds.test.ts: a review budget is met and never exceeded on the rows it was chosen on.
import { expect, test } from 'vitest';
import { chooseThresholds } from '../../../shared/head/thresholds.ts';

test('half a percent is reviewed and a tenth of a percent declined', () => {
  const scores = Array.from({ length: 10_000 }, (_, row) => row / 10_000);
  const { reviewAbove, declineAbove, riskLevels } = chooseThresholds(scores, undefined);
  expect(scores.filter((score) => score >= reviewAbove)).toHaveLength(50);
  expect(scores.filter((score) => score >= declineAbove)).toHaveLength(10);
  expect(riskLevels.elevated).toBeLessThan(riskLevels.high);
});

test('equal scores at the edge of the budget are all left out', () => {
  const scores = [0.9, ...Array.from({ length: 99 }, () => 0.5), ...Array.from({ length: 900 }, () => 0.1)];
  const { reviewAbove } = chooseThresholds(scores, undefined, { reviewShare: 0.05, declineShare: 0.001 });
  expect(reviewAbove).toBe(0.9);
});

test('a thinned genuine row counts for all it stands for', () => {
  const scores = [0.9, 0.8, 0.1];
  const weights = [1, 100, 899];
  const { reviewAbove } = chooseThresholds(scores, weights, { reviewShare: 0.05, declineShare: 0.01 });
  expect(reviewAbove).toBe(0.9);
});
