// test/shared/head/fit-linear-and-trees.test.ts: the mean of two heads' logits as one head, over all inputs, served like any other.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { fitFewLabelsHead } from '../../../shared/head/fit-few-labels-head.ts';
import type { HeadRows } from '../../../shared/head/fit-head.ts';
import { fitLinearAndTrees } from '../../../shared/head/fit-linear-and-trees.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';

const inputs = [
  'embedding-0',
  'embedding-1',
  'forecast-mean-log-amount',
  'feature-levelZ',
  'event-newDevice',
];
const width = inputs.length;

/** Fraud where the level is far from usual, on either side: no straight line finds that. */
function draw(count: number, seed: number): HeadRows {
  const generator = xoroshiro128plus(seed);
  const values = Float32Array.from({ length: count * width }, () => 4 * uniformFloat64(generator) - 2);
  const labels = Uint8Array.from({ length: count }, (_, row) =>
    Math.abs(values[row * width + 3] ?? 0) > 1.7 ? 1 : 0,
  );
  return { inputs, values, labels };
}

const rowOf = ({ values }: HeadRows, row: number) => values.subarray(row * width, (row + 1) * width);

/** Mean logit of frauds minus that of genuine rows. */
function separation(head: HeadWeights, rows: HeadRows): number {
  const plain = createPlainHead(head);
  const mean = (label: number) => {
    const scores = [...rows.labels.keys()]
      .filter((row) => rows.labels[row] === label)
      .map((row) => plain.scoreOne(rowOf(rows, row)));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  };
  return mean(1) - mean(0);
}

test('it finds on new rows what the linear head cannot', () => {
  const [rows, judged] = [draw(600, 1), draw(600, 2)];
  expect(Math.abs(separation(fitFewLabelsHead(rows), judged))).toBeLessThan(0.3);
  expect(separation(fitLinearAndTrees(rows, { seed: 1 }), judged)).toBeGreaterThan(1);
});

test('its logit is half the linear head, half trees that ask about no embedding', () => {
  const rows = draw(300, 3);
  const head = fitLinearAndTrees(rows, { seed: 1 });
  expect(head.inputs).toEqual(inputs);
  const asked = new Set([...(head.trees?.columns ?? [])].map((column) => inputs[column]));
  expect(asked).toContain('feature-levelZ');
  expect([...asked].some((name) => name?.startsWith('embedding-'))).toBe(false);
  const linear = fitFewLabelsHead(rows).layers[0]?.weights ?? [];
  head.layers[0]?.weights.forEach((weight, column) => {
    expect(weight).toBeCloseTo((linear[column] ?? 0) / 2, 6);
  });
});

test('the same seed gives the same head', () => {
  const rows = draw(200, 4);
  expect(fitLinearAndTrees(rows, { seed: 5 })).toEqual(fitLinearAndTrees(rows, { seed: 5 }));
});
