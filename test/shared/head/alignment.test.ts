// test/shared/head/alignment.test.ts: aligned embeddings have the mean and covariance they are aligned to.
import { expect, test } from 'vitest';
import { align, fitAlignment, measureEmbeddings } from '../../../shared/head/alignment.ts';

/** Rows of three columns, the last of which is no embedding; correlated by `mix`. */
function createRows(mix: number, shift: number): Float32Array {
  const rows = Array.from({ length: 400 }, (_, row) => {
    const [left, right] = [Math.sin(row * 12.9898) * 3, Math.sin(row * 78.233 + 1)];
    return [left + shift, mix * left + right - shift, row];
  });
  return Float32Array.from(rows.flat());
}

test('aligned rows have the statistics aligned to, and other columns stay', () => {
  const [target, source] = [createRows(0.2, 4), createRows(-1.5, 0)];
  const to = measureEmbeddings(source, 3, 2);
  const alignment = fitAlignment(measureEmbeddings(target, 3, 2), to);
  const aligned = new Float32Array(target.length);
  for (let at = 0; at < target.length; at += 3)
    align(alignment, target.subarray(at, at + 3), aligned.subarray(at, at + 3));
  const { mean, covariance } = measureEmbeddings(aligned, 3, 2);
  mean.forEach((value, at) => {
    expect(Math.abs(value - (to.mean[at] ?? 9))).toBeLessThan(0.01);
  });
  // The ridge that keeps flat directions flat costs a few percent of a variance.
  covariance.forEach((value, at) => {
    expect(Math.abs(value - (to.covariance[at] ?? 99))).toBeLessThan(0.4);
  });
  expect(aligned[5]).toBe(target[5]);
});

test('a population aligned to itself stays where it is', () => {
  const rows = createRows(0.7, 1);
  const own = measureEmbeddings(rows, 3, 2);
  const { matrix, offset } = fitAlignment(own, own);
  [1, 0, 0, 1].forEach((value, at) => {
    expect(matrix[at]).toBeCloseTo(value, 5);
  });
  expect(offset[0]).toBeCloseTo(0, 4);
});
