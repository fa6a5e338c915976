// test/shared/head/fit-trees.test.ts: boosted trees learn what no line separates, repeat themselves, and blend with other heads.
import { expect, test } from 'vitest';
import { areaUnderCurve } from '../../../shared/evaluation/metrics.ts';
import { addTrees, averageTrees, toTreeHead } from '../../../shared/head/add-trees.ts';
import { binColumns } from '../../../shared/head/bin-columns.ts';
import type { HeadRows } from '../../../shared/head/fit-head.ts';
import { fitLinearHead } from '../../../shared/head/fit-head.ts';
import { fitTrees } from '../../../shared/head/fit-trees.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';

/** Fraud where both columns have the same sign; the third says nothing, the fourth never varies. */
function createRows(count: number, from = 0): HeadRows {
  const columns = 4;
  const values = Float32Array.from({ length: columns * count }, (_, index) =>
    index % columns === 3 ? 1 : Math.sin((from + index) * 12.9898) * 3 + 5,
  );
  const labels = Uint8Array.from({ length: count }, (_, row) =>
    ((values[columns * row] ?? 0) - 5) * ((values[columns * row + 1] ?? 0) - 5) > 0 ? 1 : 0,
  );
  return { inputs: ['first', 'second', 'third', 'fourth'], values, labels };
}

function score(head: HeadWeights, { values, labels }: HeadRows): Float64Array {
  const plain = createPlainHead(head);
  return Float64Array.from(labels, (_, row) => plain.scoreOne(values.subarray(4 * row, 4 * row + 4)));
}

const options = {
  seed: 2,
  trees: 30,
  depth: 3,
  learningRate: 0.3,
  penalty: 1,
  columnShare: 1,
  rowShare: 0.5,
};

test('a rule that no line separates is learnt, and holds on rows not seen', () => {
  const rows = createRows(600);
  const head = toTreeHead(rows, fitTrees(rows, options));
  const others = createRows(300, 10_000);
  expect(areaUnderCurve({ scores: score(head, others), labels: others.labels })).toBeGreaterThan(0.97);
  expect(areaUnderCurve({ scores: score(fitLinearHead(rows), others), labels: others.labels })).toBeLessThan(
    0.7,
  );
});

test('the same seed gives the same trees, another seed others', () => {
  const rows = createRows(200);
  const [first, again, other] = [2, 2, 3].map((seed) => fitTrees(rows, { ...options, seed, rowShare: 0.5 }));
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('a weighted row counts as often as its weight says', () => {
  const rows = createRows(120);
  const weights = Float32Array.from(rows.labels, (label) => (label === 1 ? 3 : 1));
  expect(fitTrees({ ...rows, weights }, { ...options, trees: 1 }).bias).toBeGreaterThan(
    fitTrees(rows, { ...options, trees: 1 }).bias + 0.9,
  );
});

test('trees beside a head give the weighted mean of both logits', () => {
  const rows = createRows(80);
  const [linear, fitted] = [fitLinearHead(rows), fitTrees(rows, options)];
  const [left, right] = [score(linear, rows), score(toTreeHead(rows, fitted), rows)];
  const blended = score(addTrees(linear, fitted, 0.25), rows);
  blended.forEach((value, row) => {
    expect(value).toBeCloseTo(0.75 * (left[row] ?? 0) + 0.25 * (right[row] ?? 0), 4);
  });
  const other = fitTrees(rows, { ...options, seed: 9 });
  const mean = score(toTreeHead(rows, averageTrees([fitted, other])), rows);
  const otherScores = score(toTreeHead(rows, other), rows);
  expect(mean[7]).toBeCloseTo(((right[7] ?? 0) + (otherScores[7] ?? 0)) / 2, 4);
});

test('a value equal to a cut is not above it, and a constant column has no cut', () => {
  const { cuts, bins, usable } = binColumns({
    inputs: ['few', 'constant'],
    values: Float32Array.of(0, 7, 1, 7, 2, 7, 2, 7),
  });
  expect([...(cuts[0] ?? [])]).toEqual([0, 1]);
  expect([...(bins[0] ?? [])]).toEqual([0, 1, 2, 2]);
  expect(usable).toEqual([0]);
});
