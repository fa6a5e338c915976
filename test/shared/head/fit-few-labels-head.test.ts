// test/shared/head/fit-few-labels-head.test.ts: the head for few labels: served like any other, blind to columns that need many labels.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { areLabelsFew, FEW_FRAUD_CARDS, fitFewLabelsHead } from '../../../shared/head/fit-few-labels-head.ts';
import { fitLinearHead, type HeadRows, selectColumns } from '../../../shared/head/fit-head.ts';
import { createPlainHead } from '../../../shared/head/head-weights.ts';

const inputs = [
  ...Array.from({ length: 32 }, (_, index) => `embedding-${index}`),
  'forecast-amount-divergence',
  'surprise-mean-amount',
  'feature-levelZ',
  'event-newDevice',
];

/** Frauds shift the last three columns; the others are noise. */
function draw(frauds: number, genuine: number, seed: number): HeadRows {
  const generator = xoroshiro128plus(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator))) *
    Math.cos(2 * Math.PI * uniformFloat64(generator));
  const labels = Uint8Array.from({ length: frauds + genuine }, (_, row) => (row < frauds ? 1 : 0));
  const values = Float32Array.from({ length: labels.length * inputs.length }, (_, at) => {
    const row = Math.floor(at / inputs.length);
    return normal() + (labels[row] === 1 && at % inputs.length >= inputs.length - 3 ? 1 : 0);
  });
  return { inputs, values, labels };
}

const rowOf = ({ values }: HeadRows, row: number) =>
  values.subarray(row * inputs.length, (row + 1) * inputs.length);

/** Share of pairs of a fraud and a genuine row in which the fraud scores higher. */
function auc(head: ReturnType<typeof fitLinearHead>, rows: HeadRows): number {
  const plain = createPlainHead(head);
  const scores = Array.from(rows.labels, (_, row) => plain.scoreOne(rowOf(rows, row)));
  const [frauds, genuine] = [1, 0].map((label) => scores.filter((_, row) => rows.labels[row] === label));
  let won = 0;
  for (const fraud of frauds ?? []) won += (genuine ?? []).filter((score) => score < fraud).length;
  return won / ((frauds?.length ?? 0) * (genuine?.length ?? 0));
}

test('with six frauds it ranks new rows better than the plain head on all columns', () => {
  const judged = draw(200, 400, 9);
  const seeds = [1, 2, 3, 4, 5, 6];
  const mean = (fitHead: (rows: HeadRows) => ReturnType<typeof fitLinearHead>) =>
    seeds.reduce((sum, seed) => sum + auc(fitHead(draw(6, 60, seed)), judged), 0) / seeds.length;
  expect(mean(fitFewLabelsHead)).toBeGreaterThan(mean((rows) => fitLinearHead(rows)) + 0.03);
});

test('it takes every input, and those that need many labels change nothing', () => {
  const rows = draw(6, 60, 1);
  const head = fitFewLabelsHead(rows);
  expect(head.inputs).toEqual(inputs);
  const plain = createPlainHead(head);
  const row = rowOf(rows, 0).slice();
  const before = plain.scoreOne(row);
  row.fill(7, 0, 33);
  expect(plain.scoreOne(row)).toBe(before);
  row[35] = (row[35] ?? 0) + 1;
  expect(plain.scoreOne(row)).not.toBe(before);
});

test('without readings it is the same fit on features and event', () => {
  const rows = selectColumns(draw(6, 60, 1), (name) => /^(feature|event)-/.test(name));
  const head = fitFewLabelsHead(rows);
  expect(head.inputs).toEqual(['feature-levelZ', 'event-newDevice']);
  expect(head.layers[0]?.weights.every((weight) => weight !== 0)).toBe(true);
});

test('labels are few below a number of fraud cards', () => {
  expect(areLabelsFew(FEW_FRAUD_CARDS - 1)).toBe(true);
  expect(areLabelsFew(FEW_FRAUD_CARDS)).toBe(false);
});
