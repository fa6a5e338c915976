// test/shared/evaluation/evaluate.test.ts: what an evaluation says equals what a few lines of arithmetic say.
import { expect, test } from 'vitest';
import { judgeCalibration } from '../../../shared/evaluation/calibration.ts';
import { precisionRecallCurve, scoreHistogram } from '../../../shared/evaluation/curves.ts';
import { evaluateScores } from '../../../shared/evaluation/evaluate.ts';
import { averagePrecision } from '../../../shared/evaluation/metrics.ts';
import { countReviews, reviewWithin } from '../../../shared/evaluation/review.ts';
import type { ScoredRows } from '../../../shared/evaluation/scored-rows.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

/** Rows whose score is the true probability of fraud, times `inflation`. */
function makeRows({ count = 4_000, seed = 1, inflation = 1 } = {}): ScoredRows {
  const random = createRandom(seed);
  const probability = Float64Array.from({ length: count }, () => 0.4 * random.uniform() ** 6);
  const label = Uint8Array.from(probability, (one) => (random.chance(one) ? 1 : 0));
  return {
    card: Uint32Array.from({ length: count }, () => random.integer(300)),
    day: Int32Array.from({ length: count }, (_, row) => 20_000 + Math.floor((10 * row) / count)),
    label,
    score: probability.map((one) => one * inflation),
    amountMinor: Float64Array.from({ length: count }, () => 100 + random.integer(10_000)),
    fraudType: Array.from(label, (one, row) => (one === 0 ? '' : row % 3 === 0 ? 'stolen' : 'lost')),
    segments: { entryMode: Array.from(label, (_, row) => (row % 4 === 0 ? 'chip' : 'ecommerce')) },
  };
}

const rows = makeRows();
const evaluation = evaluateScores(rows, { rounds: 100, capacity: { share: 0.05 }, reviewCostMinor: 500 });

test('money saved and lost add up to all fraud, and reviews cost what they cost', () => {
  const fraudMinor = rows.label.reduce((sum, label, row) => sum + label * (rows.amountMinor?.[row] ?? 0), 0);
  const { cost, reviewed } = evaluation.review;
  expect((cost?.savedMinor ?? 0) + (cost?.lostMinor ?? 0)).toBeCloseTo(fraudMinor, 6);
  expect(reviewed).toBeCloseTo(0.05 * 4_000, 6);
  expect(cost?.reviewMinor).toBeCloseTo(reviewed * 500, 6);
  expect(cost?.gainMinor).toBeCloseTo((cost?.savedMinor ?? 0) - reviewed * 500, 6);
});

test('days, segments and fraud types each add up to the whole', () => {
  const sum = (parts: readonly { readonly frauds: number }[]) =>
    parts.reduce((total, { frauds }) => total + frauds, 0);
  expect(sum(evaluation.days)).toBe(evaluation.frauds);
  expect(evaluation.days.map(({ day }) => day)).toEqual(Array.from({ length: 10 }, (_, day) => 20_000 + day));
  expect(sum(evaluation.segments.entryMode ?? [])).toBe(evaluation.frauds);
  expect(sum(evaluation.fraudTypes)).toBe(evaluation.frauds);
  const saved = (parts: readonly { readonly review: { readonly fraudsFound: number } }[]) =>
    parts.reduce((total, { review }) => total + review.fraudsFound, 0);
  for (const parts of [evaluation.days, evaluation.segments.entryMode ?? [], evaluation.fraudTypes]) {
    expect(saved(parts)).toBeCloseTo(evaluation.review.fraudsFound, 4);
  }
});

test('a segment is judged on its own rows', () => {
  const chip = [...rows.label.keys()].filter((row) => row % 4 === 0);
  const expected = averagePrecision({
    scores: chip.map((row) => rows.score[row]),
    labels: chip.map((row) => rows.label[row]),
  });
  const figures = evaluation.segments.entryMode?.find(({ segment }) => segment === 'chip');
  expect(figures?.averagePrecision?.value).toBeCloseTo(expected, 12);
  expect(figures?.averagePrecision?.lower).toBeLessThan(expected);
});

test('a segment of one label has counts but no ranking', () => {
  const segments = { portfolio: Array.from(rows.label, (label) => (label === 1 ? 'a' : 'b')) };
  const judged = evaluateScores({ ...rows, segments }, { rounds: 0 }).segments.portfolio ?? [];
  expect(judged.map(({ segment }) => segment)).toEqual(['b', 'a']);
  expect(judged.every((figures) => figures.averagePrecision === undefined)).toBe(true);
});

test('true probabilities are found calibrated, inflated ones not', () => {
  const honest = judgeCalibration(makeRows({ count: 20_000 }));
  const inflated = judgeCalibration(makeRows({ count: 20_000, inflation: 2 }));
  expect(honest?.promisedToObserved).toBeGreaterThan(0.9);
  expect(honest?.promisedToObserved).toBeLessThan(1.1);
  expect(inflated?.promisedToObserved).toBeCloseTo(2 * (honest?.promisedToObserved ?? 0), 6);
  expect(honest?.expectedCalibrationError).toBeLessThan(0.01);
  expect(inflated?.expectedCalibrationError).toBeGreaterThan(0.03);
  expect(inflated?.brier).toBeGreaterThan(honest?.brier ?? 0);
  const kept = honest?.reliability.filter(
    ({ lower, upper, meanScore }) => lower <= meanScore && meanScore <= upper,
  );
  expect(honest?.reliability).toHaveLength(10);
  expect(kept?.length).toBeGreaterThanOrEqual(8);
});

test('scores that are no probabilities have no calibration', () => {
  expect(judgeCalibration({ ...rows, score: rows.score.map((score) => score * 10) })).toBeUndefined();
});

test('a weight of three equals three rows, everywhere', () => {
  const small: ScoredRows = {
    card: Uint32Array.of(0, 1, 2, 3),
    day: Int32Array.of(1, 1, 1, 1),
    label: Uint8Array.of(1, 0, 1, 0),
    score: Float64Array.of(0.9, 0.8, 0.7, 0.1),
    amountMinor: Float64Array.of(1, 2, 3, 4),
    weight: Float64Array.of(1, 3, 1, 1),
  };
  const repeat = [0, 1, 1, 1, 2, 3];
  const repeated: ScoredRows = {
    card: Uint32Array.from(repeat),
    day: new Int32Array(6).fill(1),
    label: Uint8Array.from(repeat, (row) => small.label[row]),
    score: Float64Array.from(repeat, (row) => small.score[row]),
    amountMinor: Float64Array.from(repeat, (row) => small.amountMinor?.[row] ?? 0),
  };
  const options = { rounds: 0, capacity: { share: 0.5 } };
  const [weighted, plain] = [evaluateScores(small, options), evaluateScores(repeated, options)];
  expect(weighted.averagePrecision.value).toBeCloseTo(plain.averagePrecision.value, 12);
  expect(weighted.areaUnderCurve.value).toBeCloseTo(plain.areaUnderCurve.value, 12);
  expect(weighted.review.recall).toBeCloseTo(plain.review.recall, 6);
  expect(weighted.review.cost?.savedMinor).toBeCloseTo(plain.review.cost?.savedMinor ?? 0, 6);
  expect(weighted.calibration?.brier).toBeCloseTo(plain.calibration?.brier ?? 0, 12);
  expect(weighted.calibration?.expectedCalibrationError).toBeGreaterThan(0);
});

test('a capacity per day is spent on every day, the riskiest first, ties in part', () => {
  const two: ScoredRows = {
    card: Uint32Array.of(0, 1, 2, 3, 4),
    day: Int32Array.of(1, 1, 1, 2, 2),
    label: Uint8Array.of(1, 1, 0, 1, 0),
    score: Float64Array.of(0.5, 0.5, 0.1, 0.2, 0.3),
  };
  const reviewed = reviewWithin(two, { perDay: 1 });
  expect([...reviewed.part]).toEqual([0.5, 0.5, 0, 0, 1]);
  expect(reviewed.lowestScore).toBe(0.3);
  const { recall, precision, cost } = countReviews(two, reviewed, {});
  expect([recall, precision, cost]).toEqual([1 / 3, 0.5, undefined]);
});

test('curves are thin, and their ends are where they must be', () => {
  const curve = precisionRecallCurve(rows);
  expect(curve.length).toBeLessThan(210);
  expect(curve.at(-1)?.recall).toBeCloseTo(1, 12);
  expect(curve.at(-1)?.precision).toBeCloseTo(evaluation.frauds / evaluation.rows, 12);
  const histogram = scoreHistogram(rows);
  expect(histogram.scale).toBe('log10-odds');
  expect(histogram.bins.reduce((sum, { fraud }) => sum + fraud, 0)).toBeCloseTo(1, 12);
  expect(histogram.bins.reduce((sum, { genuine }) => sum + genuine, 0)).toBeCloseTo(1, 12);
});

test('an evaluation is plain JSON', () => {
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
  expect(evaluation.cardPrecision.k).toBe(100);
});
