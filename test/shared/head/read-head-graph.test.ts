// test/shared/head/read-head-graph.test.ts: a plain head comes back from its ONNX bytes as it was written; others are not taken for one.
import { expect, test } from 'vitest';
import { openHeadGraph } from '../../../shared/encoder/score-head-graph.ts';
import { writeHeadGraph } from '../../../shared/head/head-graph.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';
import { readHeadGraph } from '../../../shared/head/read-head-graph.ts';

const head: HeadWeights = {
  inputs: ['a', 'b', 'c'],
  mean: Float32Array.of(1, 2, 3),
  scale: Float32Array.of(1, 2, 4),
  layers: [
    {
      inputs: 3,
      outputs: 2,
      weights: Float32Array.of(1, -1, 0.5, 2, -3, 0.25),
      bias: Float32Array.of(0.1, -0.2),
    },
    { inputs: 2, outputs: 1, weights: Float32Array.of(0.7, -0.4), bias: Float32Array.of(0.05) },
  ],
};

test('a plain head comes back weight for weight', () => {
  expect(readHeadGraph(writeHeadGraph(head, {}), head.inputs)).toEqual(head);
  // Bytes that lie anywhere in a pool, as files that were read do.
  const pooled = Buffer.concat([Buffer.of(0), writeHeadGraph(head, {})]).subarray(1);
  expect(readHeadGraph(pooled, head.inputs)).toEqual(head);
});

test('a head with an encoding, or over other inputs, is not taken for a plain one', () => {
  const encoding = { columns: Int32Array.of(0), starts: Float32Array.of(0), slopes: Float32Array.of(1) };
  const first = { inputs: 4, outputs: 1, weights: new Float32Array(4), bias: new Float32Array(1) };
  const encoded: HeadWeights = { ...head, encoding, layers: [first] };
  expect(readHeadGraph(writeHeadGraph(encoded, {}), head.inputs)).toBeUndefined();
  expect(readHeadGraph(writeHeadGraph(head, {}), ['a', 'b'])).toBeUndefined();
});

test('its graph scores rows as plain arithmetic does, in any batch', async () => {
  const values = Float32Array.from({ length: 30 }, (_, index) => Math.sin(index) * 5);
  const plain = createPlainHead(head);
  const expected = Array.from({ length: 10 }, (_, row) =>
    plain.scoreOne(values.subarray(row * 3, row * 3 + 3)),
  );
  const graph = await openHeadGraph(writeHeadGraph(head, {}), 3);
  for (const batchRows of [1, 3, 100]) {
    const scores = await graph.score(values, batchRows);
    scores.forEach((score, row) => {
      expect(Math.abs(score - (expected[row] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  }
  await graph.release();
});
