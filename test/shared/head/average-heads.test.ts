// test/shared/head/average-heads.test.ts: heads averaged into one give the mean of their logits.
import { expect, test } from 'vitest';
import { averageHeads } from '../../../shared/head/average-heads.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';

const spread = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233));

function createHead(seed: number, hidden: readonly number[]): HeadWeights {
  const widths = [4, ...hidden, 1];
  return {
    inputs: ['a', 'b', 'c', 'd'],
    mean: spread(4, 1),
    scale: spread(4, 2).map((value) => Math.abs(value) + 0.1),
    layers: widths.slice(1).map((outputs, index) => {
      const inputs = widths[index] ?? 0;
      return {
        inputs,
        outputs,
        weights: spread(inputs * outputs, seed + index),
        bias: spread(outputs, seed - index),
      };
    }),
  };
}

test.each([[[]], [[6]], [[5, 3]]])('with hidden layers %j', (hidden) => {
  const heads = [11, 23, 37].map((seed) => createHead(seed, hidden));
  const average = createPlainHead(averageHeads(heads));
  const plain = heads.map(createPlainHead);
  for (const row of [spread(4, 50), spread(4, 51), spread(4, 52)]) {
    const mean = plain.reduce((sum, head) => sum + head.scoreOne(row) / 3, 0);
    expect(average.scoreOne(row)).toBeCloseTo(mean, 5);
  }
});

test('heads of different shapes are refused', () => {
  expect(() => averageHeads([createHead(1, [4]), createHead(2, [5])])).toThrow(/one shape/);
});
