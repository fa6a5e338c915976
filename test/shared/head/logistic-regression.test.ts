// test/shared/head/logistic-regression.test.ts: the fit is the minimum of its own stated loss.
import { expect, test } from 'vitest';
import { fitLogisticRegression } from '../../../shared/head/logistic-regression.ts';

/** 200 rows, two columns; the first says something about the label, the second nothing. */
function createRows(): { values: Float32Array; columns: number; labels: Uint8Array } {
  const values = new Float32Array(400);
  const labels = new Uint8Array(200);
  for (let row = 0; row < 200; row++) {
    labels[row] = row % 4 === 0 ? 1 : 0;
    values[2 * row] = (labels[row] ? 1 : -1) + Math.sin(row * 12.9898) * 2;
    values[2 * row + 1] = Math.cos(row * 78.233);
  }
  return { values, columns: 2, labels };
}

function lossOf(weights: ArrayLike<number>, bias: number, c: number): number {
  const { values, labels } = createRows();
  let loss = 0.5 * ((weights[0] ?? 0) ** 2 + (weights[1] ?? 0) ** 2);
  labels.forEach((label, row) => {
    const logit =
      bias + (weights[0] ?? 0) * (values[2 * row] ?? 0) + (weights[1] ?? 0) * (values[2 * row + 1] ?? 0);
    loss += c * Math.log(1 + Math.exp(label ? -logit : logit));
  });
  return loss;
}

test('no step away from the fit lowers the loss', () => {
  for (const c of [0.01, 1]) {
    const { weights, bias } = fitLogisticRegression(createRows(), c);
    const best = lossOf(weights, bias, c);
    for (const [first, second, third] of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [-1, 0, 0],
      [0, -1, 0],
      [0, 0, -1],
    ]) {
      const moved = [(weights[0] ?? 0) + 0.01 * (first ?? 0), (weights[1] ?? 0) + 0.01 * (second ?? 0)];
      expect(lossOf(moved, bias + 0.01 * (third ?? 0), c)).toBeGreaterThan(best);
    }
  }
});

test('a smaller C gives smaller weights', () => {
  const strong = fitLogisticRegression(createRows(), 0.01);
  const weak = fitLogisticRegression(createRows(), 10);
  expect(Math.abs(strong.weights[0] ?? 0)).toBeLessThan(Math.abs(weak.weights[0] ?? 0));
  expect(weak.weights[0]).toBeGreaterThan(0);
});

test('the same rows give the same bytes', () => {
  expect(fitLogisticRegression(createRows())).toEqual(fitLogisticRegression(createRows()));
});
