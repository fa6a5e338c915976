// test/shared/drift/distances.test.ts: the known figures on counts worked out by hand, bins with ties, promises without labels, labels that came.
import { expect, it } from 'vitest';
import { binOf, chooseEdges, countBins } from '../../../shared/drift/bins.ts';
import { measureDistances } from '../../../shared/drift/distances.ts';
import { estimatePerformance } from '../../../shared/drift/estimate-performance.ts';
import { measureLabelDrift } from '../../../shared/drift/label-drift.ts';

it('equal distributions lie nowhere apart, whatever their size', () => {
  const distances = measureDistances(Float64Array.of(10, 20, 30), Float64Array.of(100, 200, 300));
  for (const distance of Object.values(distances)) expect(distance).toBeCloseTo(0, 12);
});

it('the three figures are those of the textbook', () => {
  const { populationStability, jensenShannon, kolmogorovSmirnov } = measureDistances(
    Float64Array.of(30, 70),
    Float64Array.of(50, 50),
  );
  expect(populationStability).toBeCloseTo(-0.2 * Math.log(0.6) + 0.2 * Math.log(1.4), 9);
  expect(jensenShannon).toBeCloseTo(
    (0.3 * Math.log2(0.3 / 0.4) +
      0.7 * Math.log2(0.7 / 0.6) +
      0.5 * Math.log2(0.5 / 0.4) +
      0.5 * Math.log2(0.5 / 0.6)) /
      2,
    9,
  );
  expect(kolmogorovSmirnov).toBeCloseTo(0.2, 12);
});

it('distributions with nothing in common lie one bit apart', () => {
  expect(measureDistances(Float64Array.of(5, 0), Float64Array.of(0, 5)).jensenShannon).toBeCloseTo(1, 12);
});

it('bins follow the reference, have one for what lies above it and one for what is missing', () => {
  const edges = chooseEdges([0, 0, 0, 1, Number.NaN]);
  expect(edges).toEqual([0, 1]);
  expect(countBins(edges)).toBe(4);
  expect([0, 0.5, 1, 2, Number.NaN].map((value) => binOf(edges, value))).toEqual([0, 1, 1, 2, 3]);
  const many = chooseEdges(Array.from({ length: 10_000 }, (_, index) => index));
  expect(many).toHaveLength(14);
  expect(many.every((edge, index) => binOf(many, edge) === index)).toBe(true);
});

it('calibrated scores promise precision and recall of the alerts they raised', () => {
  const counts = {
    rows: 1_000,
    alerts: 10,
    expectedFrauds: 12,
    expectedAlertedFrauds: 6,
    cardDays: 900,
    bins: [],
  };
  expect(estimatePerformance(counts)).toEqual({
    precision: 0.6,
    recall: 0.5,
    alertRate: 0.01,
    fraudRate: 0.012,
  });
  expect(estimatePerformance({ ...counts, alerts: 0, rows: 0, expectedFrauds: 0 })).toEqual({
    precision: undefined,
    recall: undefined,
    alertRate: 0,
    fraudRate: 0,
  });
});

it('labels tell whether the rate of fraud and the precision of alerts moved', () => {
  const before = { rows: 10_000, frauds: 50, alerts: 60, alertedFrauds: 40 };
  const { fraudRate, alertPrecision } = measureLabelDrift(before, {
    rows: 10_000,
    frauds: 52,
    alerts: 60,
    alertedFrauds: 12,
  });
  expect(Math.abs(fraudRate.deviations)).toBeLessThan(1);
  expect(alertPrecision.deviations).toBeLessThan(-4);
  expect(alertPrecision).toMatchObject({ before: 40 / 60, now: 0.2 });
  expect(
    measureLabelDrift(before, { rows: 0, frauds: 0, alerts: 0, alertedFrauds: 0 }).fraudRate.deviations,
  ).toBe(0);
});
