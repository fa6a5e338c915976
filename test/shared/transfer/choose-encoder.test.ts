// test/shared/transfer/choose-encoder.test.ts: budgets are nested, distances grow, recommendations follow the figures.
import { expect, test } from 'vitest';
import { splitCards, thinLabels } from '../../../shared/transfer/label-budget.ts';
import { measureDistance } from '../../../shared/transfer/population-distance.ts';
import { recommendEncoder } from '../../../shared/transfer/recommend-encoder.ts';

const CARDS = 400;
const rows = {
  inputs: ['x'],
  values: Float32Array.from({ length: CARDS * 3 }, (_, row) => row),
  labels: Uint8Array.from({ length: CARDS * 3 }, (_, row) =>
    row % 3 === 2 && Math.floor(row / 3) < 12 ? 1 : 0,
  ),
  weights: new Float32Array(CARDS * 3).fill(1),
  times: Float64Array.from({ length: CARDS * 3 }, (_, row) => row),
  cards: Uint32Array.from({ length: CARDS * 3 }, (_, row) => Math.floor(row / 3)),
  typologies: Array.from({ length: CARDS * 3 }, () => undefined),
};

test('a smaller budget’s cards are among those of a larger one; whole cards are kept', () => {
  const few = splitCards(thinLabels(rows, 3, 5));
  const more = splitCards(thinLabels(rows, 6, 5));
  expect(few.fraud).toHaveLength(3);
  expect(few.genuine).toHaveLength(97);
  expect(more.fraud).toEqual(expect.arrayContaining([...few.fraud]));
  expect(more.genuine).toEqual(expect.arrayContaining([...few.genuine]));
  expect(thinLabels(rows, 3, 5).labels).toHaveLength(300);
  expect(thinLabels(rows, 'all', 5)).toBe(rows);
  expect(splitCards(thinLabels(rows, 3, 6)).fraud).not.toEqual(few.fraud);
});

const cloud = (shift: number, scale: number) => ({
  values: Float32Array.from(
    { length: 900 },
    (_, at) => shift + scale * Math.sin(at * 12.9898 + Math.floor(at / 3)),
  ),
  columns: 3,
  width: 3,
});

test('a population is at no distance from itself, and further away the further it is moved or spread', () => {
  const source = cloud(0, 1);
  const self = measureDistance(source, source);
  expect(self.mean).toBe(0);
  expect(self.covariance).toBe(0);
  expect(Math.abs(self.discrepancy)).toBeLessThan(0.02);
  const [near, far] = [measureDistance(cloud(0.3, 1), source), measureDistance(cloud(2, 3), source)];
  expect(near.discrepancy).toBeGreaterThan(self.discrepancy);
  expect(far.discrepancy).toBeGreaterThan(near.discrepancy);
  expect(far.mean).toBeGreaterThan(near.mean);
  expect(far.covariance).toBeGreaterThan(near.covariance);
});

const figure = (encoder: string, averagePrecision: number, upper?: number) => ({
  encoder,
  budget: 'all',
  averagePrecision,
  behindBest: upper === undefined ? undefined : { lower: -1, upper },
});

test('the best is taken, unless one that cannot be told from it costs a fifth less', () => {
  const figures = [figure('large', 0.8), figure('small', 0.79, 0.01), figure('bad', 0.5, -0.2)];
  const costs = (small: number) =>
    new Map([
      ['large', 100],
      ['small', small],
      ['bad', 1],
    ]);
  expect(recommendEncoder(figures, costs(90)).encoder).toBe('large');
  expect(recommendEncoder(figures, costs(90)).why).toContain('small cannot be told from it');
  expect(recommendEncoder(figures, costs(50))).toMatchObject({
    encoder: 'small',
    why: expect.stringContaining('50 %'),
  });
});
