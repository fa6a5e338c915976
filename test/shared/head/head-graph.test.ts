// test/shared/head/head-graph.test.ts: the ONNX form of a head gives what plain arithmetic gives.
import { expect, test } from 'vitest';
import { createOnnxBinding } from '../../../shared/encoder/onnx-binding.ts';
import { writeHeadGraph } from '../../../shared/head/head-graph.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';
import type { PiecewiseEncoding } from '../../../shared/head/piecewise.ts';
import type { TreeEnsemble } from '../../../shared/head/tree-ensemble.ts';

/** Values that look random and are always the same, in [−1, 1]. */
function spread(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin((index + 1) * 12.9898 + seed * 78.233));
}

function createHead(
  inputCount: number,
  hidden: readonly number[],
  encoding?: PiecewiseEncoding,
): HeadWeights {
  const width = inputCount;
  const widths = [width + (encoding?.columns.length ?? 0), ...hidden, 1];
  return {
    inputs: Array.from({ length: width }, (_, index) => `input-${index}`),
    mean: spread(width, 1),
    scale: spread(width, 2).map((value) => Math.abs(value) + 0.05),
    ...(encoding && { encoding }),
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

const encoding: PiecewiseEncoding = {
  columns: Int32Array.of(0, 0, 3, 6),
  starts: Float32Array.of(-5, 1, -0.25, 10),
  slopes: Float32Array.of(1 / 6, 0.5, 400, 1),
};

const trees: TreeEnsemble = {
  depth: 2,
  columns: Int32Array.of(0, 3, 6, 6, 1, 2),
  thresholds: Float32Array.of(0.5, -3, 2, -4, 0, 7),
  leaves: spread(12, 40),
};

test.each([
  ['linear', createHead(7, [])],
  ['with hidden layers', createHead(7, [16, 8])],
  ['linear on encoded inputs', createHead(7, [], encoding)],
  ['with hidden layers on encoded inputs', createHead(7, [16, 8], encoding)],
  ['of trees beside hidden layers', { ...createHead(7, [16]), trees }],
  [
    'on aligned and encoded inputs',
    { ...createHead(7, [16], encoding), alignment: { matrix: spread(9, 30), offset: spread(3, 31) } },
  ],
])('logits of a head %s agree within 1e-4', async (_name, head) => {
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
