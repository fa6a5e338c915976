// test/shared/head/piecewise.test.ts: an encoded input tells between which of its quantiles it lies.
import { expect, test } from 'vitest';
import { encodePiecewise, fitPiecewise } from '../../../shared/head/piecewise.ts';

const rows = {
  inputs: ['left', 'flag'],
  values: Float32Array.from({ length: 202 }, (_, at) => (at % 2 === 0 ? at / 2 : Number(at > 100))),
};

test('intervals below a value are full, its own holds its share, those above are empty', () => {
  const encoding = fitPiecewise(rows, (name) => name === 'left', [0, 0.5, 0.9, 1]);
  const encoded = new Float32Array(4);
  encodePiecewise(encoding, Float32Array.of(70, 0), encoded, 1);
  expect([...encoded]).toEqual([0, 1, 0.5, 0]);
  encodePiecewise(encoding, Float32Array.of(1e9, 0), encoded, 1);
  expect([...encoded]).toEqual([0, 1, 1, 1]);
  encodePiecewise(encoding, Float32Array.of(-1e9, 0), encoded, 1);
  expect([...encoded]).toEqual([0, 0, 0, 0]);
});

test('an input of two values has one interval, a constant one none', () => {
  expect([...fitPiecewise(rows, (name) => name === 'flag').columns]).toEqual([1]);
  const constant = { inputs: ['same'], values: new Float32Array(50).fill(3) };
  expect(fitPiecewise(constant, () => true).columns).toHaveLength(0);
});
