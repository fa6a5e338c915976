// test/shared/evaluation/metrics.test.ts: metrics equal naive versions, group ties, and the bootstrap sees a real difference.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  areaUnderCurve,
  averagePrecision,
  cardPrecisionAtK,
  pairedBootstrap,
  recallAtShare,
} from '../../../shared/evaluation/metrics.ts';

const rows = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 9 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((drawn) => drawn.some(({ label }) => label === 1) && drawn.some(({ label }) => label === 0));

test('average precision equals the definition over distinct thresholds', () => {
  fc.assert(
    fc.property(rows, (drawn) => {
      const frauds = drawn.filter(({ label }) => label === 1).length;
      let recallBefore = 0;
      let expected = 0;
      for (const threshold of [...new Set(drawn.map(({ score }) => score))].sort(
        (left, right) => right - left,
      )) {
        const flagged = drawn.filter(({ score }) => score >= threshold);
        const found = flagged.filter(({ label }) => label === 1).length;
        expected += (found / frauds - recallBefore) * (found / flagged.length);
        recallBefore = found / frauds;
      }
      const ranking = { scores: drawn.map(({ score }) => score), labels: drawn.map(({ label }) => label) };
      expect(averagePrecision(ranking)).toBeCloseTo(expected, 12);
    }),
    { seed: 11 },
  );
});

test('AUC equals the share of ordered pairs, ties half', () => {
  fc.assert(
    fc.property(rows, (drawn) => {
      const frauds = drawn.filter(({ label }) => label === 1);
      const genuine = drawn.filter(({ label }) => label === 0);
      let ordered = 0;
      for (const fraud of frauds) {
        for (const other of genuine)
          ordered += fraud.score > other.score ? 1 : fraud.score === other.score ? 0.5 : 0;
      }
      const ranking = { scores: drawn.map(({ score }) => score), labels: drawn.map(({ label }) => label) };
      expect(areaUnderCurve(ranking)).toBeCloseTo(ordered / (frauds.length * genuine.length), 12);
    }),
    { seed: 12 },
  );
});

test('a weight of three equals three rows', () => {
  const weighted = { scores: [3, 2, 1], labels: [1, 0, 1], weights: [1, 3, 1] };
  const repeated = { scores: [3, 2, 2, 2, 1], labels: [1, 0, 0, 0, 1] };
  expect(averagePrecision(weighted)).toBeCloseTo(averagePrecision(repeated), 12);
  expect(areaUnderCurve(weighted)).toBeCloseTo(areaUnderCurve(repeated), 12);
});

test('recall at a review share counts frauds among the first rows', () => {
  expect(recallAtShare({ scores: [9, 8, 7, 6], labels: [1, 0, 1, 0] }, 0.5)).toBe(0.5);
  expect(recallAtShare({ scores: [9, 8, 7, 6], labels: [1, 0, 1, 0] }, 0.75)).toBe(1);
});

test('a card detected on one day is not counted on the next', () => {
  const ranking = {
    scores: [0.9, 0.8, 0.9, 0.7],
    labels: [1, 0, 1, 1],
    cards: ['a', 'b', 'a', 'c'],
    days: [1, 1, 2, 2],
  };
  expect(cardPrecisionAtK(ranking, 1)).toBe(1);
  expect(cardPrecisionAtK({ ...ranking, scores: [0.1, 0.8, 0.9, 0.7] }, 1)).toBe(0.5);
});

test('the paired bootstrap tells a better ranking from a worse one and equals from equals', () => {
  const cards = Array.from({ length: 600 }, (_, row) => row % 60);
  const labels = cards.map((card, row) => (card % 6 === 0 && row % 3 === 0 ? 1 : 0));
  const noise = cards.map((_, row) => ((row * 7919) % 601) / 601);
  const first = labels.map((label, row) => label + (noise[row] ?? 0));
  let state = 1;
  const draw = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  const better = pairedBootstrap({ first, second: noise, labels, cards }, draw, 100);
  expect(better.lower).toBeGreaterThan(0);
  const same = pairedBootstrap({ first, second: first, labels, cards }, draw, 20);
  expect([same.difference, same.lower, same.upper]).toEqual([0, 0, 0]);
});
