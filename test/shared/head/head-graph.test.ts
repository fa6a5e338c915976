// test/shared/head/head-graph.test.ts: the ONNX form of a head gives what plain arithmetic gives.
import { expect, test } from 'vitest';
import { createOnnxBinding } from '../../../shared/encoder/onnx-binding.ts';
import { writeHeadGraph } from '../../../shared/head/head-graph.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';

/** Values that look random and are always the same, in [−1, 1]. */
function spread(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233));
}

function createHead(widths: readonly number[]): HeadWeights {
  const width = widths[0] ?? 0;
  return {
    inputs: Array.from({ length: width }, (_, index) => `input-${index}`),
    mean: spread(width, 1),
    scale: spread(width, 2).map((value) => Math.abs(value) + 0.05),
    layers: widths.slice(1).map((outputs, index) => {
      const inputs = widths[index] ?? 0;
      return {
        inputs,
        outputs,
        weights: spread(inputs * outputs, 3 + index),
        bias: spread(outputs, 9 + index),
      };
    }),
  };
}

test.each([[[7, 1]], [[7, 16, 8, 1]]])('logits of a head of widths %j agree within 1e-4', async (widths) => {
  const head = createHead(widths);
  const session = await createOnnxBinding().createSession(
    writeHeadGraph(head, { modelVersion: 'test' }),
    'cpu',
  );
  const values = spread(5 * 7, 5).map((value) => value * 20);
  const { logit } = await session.run({ x: { data: values, dims: [5, 7] } });
  await session.release();
  const plain = createPlainHead(head);
  expect(logit?.dims).toEqual([5, 1]);
  for (let row = 0; row < 5; row++) {
    const expected = plain.scoreOne(values.slice(row * 7, (row + 1) * 7));
    expect(Math.abs((logit?.data[row] ?? Number.NaN) - expected)).toBeLessThan(1e-4);
  }
});
