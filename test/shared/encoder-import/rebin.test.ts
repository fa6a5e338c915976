// test/shared/encoder-import/rebin.test.ts: probabilities keep their sum, and their place.
import { expect, test } from 'vitest';
import { rebinningMatrix } from '../../../shared/encoder-import/rebin.ts';
import {
  AMOUNT_BIN_WIDTH,
  AMOUNT_BINS,
  AMOUNT_FIRST_EDGE,
} from '../../../shared/features/population-reference.ts';

const rowOf = (matrix: Float32Array, row: number): number[] => [
  ...matrix.subarray(row * AMOUNT_BINS, (row + 1) * AMOUNT_BINS),
];

test('what is in their bins is in ours, whole', () => {
  const matrix = rebinningMatrix([-9, -1, 0, 0.05, 12]);
  for (let row = 0; row < 6; row++) {
    const sum = rowOf(matrix, row).reduce((total, share) => total + share, 0);
    expect(sum, `row ${row}`).toBeCloseTo(1, 5);
  }
});

test('our own edges change nothing', () => {
  const edges = Array.from({ length: AMOUNT_BINS - 1 }, (_, at) => AMOUNT_FIRST_EDGE + at * AMOUNT_BIN_WIDTH);
  const matrix = rebinningMatrix(edges);
  for (let row = 0; row < AMOUNT_BINS; row++) expect(rowOf(matrix, row)[row]).toBeCloseTo(1, 4);
});

test('a bin that spans two of ours is shared evenly', () => {
  const from = AMOUNT_FIRST_EDGE + 10 * AMOUNT_BIN_WIDTH;
  const shares = rowOf(rebinningMatrix([from, from + 2 * AMOUNT_BIN_WIDTH]), 1);
  expect(shares[11]).toBeCloseTo(0.5, 5);
  expect(shares[12]).toBeCloseTo(0.5, 5);
});
