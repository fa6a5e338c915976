// test/shared/head/head-weights.test.ts: a head standardises, clips, runs its layers and survives its JSON form.
import { expect, test } from 'vitest';
import { parseHead, toHeadBytes } from '../../../shared/head/head-bytes.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';

const head: HeadWeights = {
  inputs: ['first', 'second'],
  mean: Float32Array.of(1, 0),
  scale: Float32Array.of(2, 1),
  layers: [
    { inputs: 2, outputs: 2, weights: Float32Array.of(1, -1, 0.5, 2), bias: Float32Array.of(0, 0.25) },
    { inputs: 2, outputs: 1, weights: Float32Array.of(3, 1), bias: Float32Array.of(-1) },
  ],
};

test('the logit equals the arithmetic by hand', () => {
  // standardised (1, 2); hidden relu(1 + 1, -1 + 4 + .25) = (2, 3.25); logit 6 + 3.25 - 1
  expect(createPlainHead(head).scoreOne(Float32Array.of(3, 2))).toBeCloseTo(8.25, 6);
});

test('an input beyond ten standard deviations counts as ten', () => {
  const runner = createPlainHead(head);
  expect(runner.scoreOne(Float32Array.of(21, 0))).toBe(runner.scoreOne(Float32Array.of(2100, 0)));
});

test('a head comes back from its bytes', () => {
  expect(parseHead(toHeadBytes(head))).toEqual(head);
});

test('a head of encoded or aligned inputs, or with trees, comes back from its bytes, and one whose parts do not fit is refused', () => {
  const encoding = {
    columns: Int32Array.of(1),
    starts: Float32Array.of(0.5),
    slopes: Float32Array.of(4),
  };
  const layers = [{ inputs: 3, outputs: 1, weights: Float32Array.of(0, 0, 8), bias: Float32Array.of(1) }];
  const encoded: HeadWeights = { ...head, encoding, layers };
  expect(parseHead(toHeadBytes(encoded))).toEqual(encoded);
  expect(createPlainHead(encoded).scoreOne(Float32Array.of(9, 0.625))).toBe(5);
  const alignment = { matrix: Float32Array.of(2), offset: Float32Array.of(-17) };
  const aligned: HeadWeights = { ...head, alignment };
  expect(parseHead(toHeadBytes(aligned))).toEqual(aligned);
  expect(createPlainHead(aligned).scoreOne(Float32Array.of(10, 2))).toBeCloseTo(8.25, 6);
  const trees = {
    depth: 1,
    columns: Int32Array.of(0),
    thresholds: Float32Array.of(8),
    leaves: Float32Array.of(-1, 4),
  };
  const planted: HeadWeights = { ...head, trees };
  expect(parseHead(toHeadBytes(planted))).toEqual(planted);
  expect(createPlainHead(planted).scoreOne(Float32Array.of(3, 2))).toBeCloseTo(8.25 - 1, 6);
  expect(() => parseHead(toHeadBytes({ ...head, trees: { ...trees, columns: Int32Array.of(2) } }))).toThrow(
    /do not fit/,
  );
  const outside = { ...encoded, encoding: { ...encoding, columns: Int32Array.of(2) } };
  expect(() => parseHead(toHeadBytes(outside))).toThrow(/do not fit/);
});

test('layers that do not fit together are refused', () => {
  const wrong = { ...head, layers: head.layers.slice(0, 1) };
  expect(() => parseHead(toHeadBytes(wrong))).toThrow(/do not fit/);
});
