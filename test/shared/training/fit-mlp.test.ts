// test/shared/training/fit-mlp.test.ts: the MLP head learns what a linear head cannot, honours weights and emphasis, and repeats itself.
import { expect, test } from 'vitest';
import { areaUnderCurve } from '../../../shared/evaluation/metrics.ts';
import type { HeadRows } from '../../../shared/head/fit-head.ts';
import { createPlainHead } from '../../../shared/head/head-weights.ts';
import { chooseBackend } from '../../../shared/training/backend.ts';
import { fitMlpHead } from '../../../shared/training/fit-mlp.ts';
import { scoreRows } from '../../../shared/training/judge-head.ts';

const { tf } = await chooseBackend('cpu');
const options = { seed: 3, hidden: [16], epochs: 12, batchRows: 64, learningRate: 0.02, inputDropout: 0 };

/** Fraud where both columns have the same sign: no line separates it. */
function createRows(count: number): HeadRows {
  const values = Float32Array.from({ length: 2 * count }, (_, index) => Math.sin(index * 12.9898) * 3 + 5);
  const labels = Uint8Array.from({ length: count }, (_, row) =>
    ((values[2 * row] ?? 0) - 5) * ((values[2 * row + 1] ?? 0) - 5) > 0 ? 1 : 0,
  );
  return { inputs: ['first', 'second'], values, labels };
}

test('a rule that no line separates is learnt', async () => {
  const rows = createRows(800);
  const head = await fitMlpHead(tf, rows, options);
  expect(areaUnderCurve({ scores: scoreRows(head, rows), labels: rows.labels })).toBeGreaterThan(0.97);
});

test('the same seed gives the same head, another seed another', async () => {
  const rows = createRows(100);
  const [first, again, other] = [
    await fitMlpHead(tf, rows, options),
    await fitMlpHead(tf, rows, options),
    await fitMlpHead(tf, rows, { ...options, seed: 4 }),
  ];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('a column emphasised by 0 has no say', async () => {
  const head = await fitMlpHead(tf, createRows(200), { ...options, epochs: 2, emphasis: { second: 0 } });
  const plain = createPlainHead(head);
  expect(plain.scoreOne(Float32Array.of(4, -50))).toBe(plain.scoreOne(Float32Array.of(4, 50)));
});

test('a narrow band that a straight line cannot tell is learnt by a linear head on encoded inputs', async () => {
  const count = 600;
  const values = Float32Array.from({ length: count }, (_, row) => Math.sin(row * 12.9898) * 3);
  const labels = Uint8Array.from(values, (value) => (value > 0.5 && value < 1 ? 1 : 0));
  const rows: HeadRows = { inputs: ['only'], values, labels };
  const settings = { ...options, hidden: [], weightDecay: 0, epochs: 40 };
  const plain = await fitMlpHead(tf, rows, settings);
  const encoded = await fitMlpHead(tf, rows, { ...settings, encode: () => true });
  expect(areaUnderCurve({ scores: scoreRows(plain, rows), labels })).toBeLessThan(0.8);
  expect(areaUnderCurve({ scores: scoreRows(encoded, rows), labels })).toBeGreaterThan(0.97);
});
