// test/shared/head/calibrator.test.ts: calibration is monotone, without ties, and tells the true share after thinning.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Calibrator, fitCalibrator } from '../../../shared/head/calibrator.ts';
import { calibratorSchema } from '../../../shared/registry/manifest.ts';

test('a perfectly calibrated logit comes back as its probability', () => {
  const rawScores: number[] = [];
  const labels: number[] = [];
  for (let level = -4; level <= 4; level++) {
    const frauds = Math.round(1000 / (1 + Math.exp(-level)));
    for (let row = 0; row < 1000; row++) {
      rawScores.push(level);
      labels.push(row < frauds ? 1 : 0);
    }
  }
  const calibrator = new Calibrator(fitCalibrator({ rawScores, labels }));
  for (let level = -4; level <= 4; level++) {
    // Half a row of rounding plus the prior row: within .002.
    expect(Math.abs(calibrator.toScore(level) - 1 / (1 + Math.exp(-level)))).toBeLessThan(0.002);
  }
});

test('weights undo the thinning of genuine rows', () => {
  // 10 frauds and 10,000 genuine rows, of which every hundredth was kept.
  const rawScores = Array.from({ length: 110 }, (_, row) => (row < 10 ? 1 : 0) + (row % 2) * 1e-3);
  const labels = rawScores.map((_, row) => (row < 10 ? 1 : 0));
  const weights = labels.map((label) => (label ? 1 : 100));
  const calibrator = new Calibrator(fitCalibrator({ rawScores, labels, weights }));
  expect(calibrator.toScore(0)).toBeLessThan(0.001);
  expect(calibrator.toScore(1)).toBeGreaterThan(0.9);
});

test('points are valid, and a higher raw score always has a higher score near the data', () => {
  const row = fc.record({
    rawScore: fc.double({ min: -8, max: 8, noNaN: true }),
    label: fc.integer({ min: 0, max: 1 }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 60 }), (rows) => {
      fc.pre(rows.some(({ label }) => label === 1) && rows.some(({ label }) => label === 0));
      const points = fitCalibrator({
        rawScores: rows.map(({ rawScore }) => rawScore),
        labels: rows.map(({ label }) => label),
      });
      expect(calibratorSchema.safeParse(points).success).toBe(true);
      const calibrator = new Calibrator(points);
      const scores = Array.from({ length: 97 }, (_, step) => calibrator.toScore(-12 + step / 4));
      expect(scores.every((score, step) => step === 0 || score > (scores[step - 1] ?? 1))).toBe(true);
      expect(scores.at(-1)).toBeLessThanOrEqual(1);
    }),
    { seed: 7 },
  );
});

test('a calibration set without frauds is refused', () => {
  expect(() => fitCalibrator({ rawScores: [0, 1], labels: [0, 0] })).toThrow(/frauds and genuine/);
});
