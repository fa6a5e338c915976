// shared/head/head-graph.ts: a head as an ONNX model: x float32 (B, D) → logit float32 (B, 1), standardisation inside.
import { createOnnxBuilder, type OnnxBuilder } from '../encoder/onnx-builder.ts';
import type { Alignment } from './alignment.ts';
import { type HeadWeights, INPUT_LIMIT } from './head-weights.ts';
import { type TreeEnsemble, treeCountOf } from './tree-ensemble.ts';

/**
 * ONNX bytes of a head. The graph does what `createPlainHead` does: align, standardise, clip, encode, dense layers with ReLU between.
 * @param metadata written into the model, e.g. its version
 */
export function writeHeadGraph(head: HeadWeights, metadata: Readonly<Record<string, string>>): Uint8Array {
  const builder = createOnnxBuilder();
  const width = head.inputs.length;
  const given = builder.input('x', 'float32', ['B', width]);
  const input = head.alignment ? writeAlignment(builder, given, width, head.alignment) : given;
  const centred = builder.node('Sub', [input, builder.weight('mean', [width], head.mean)]);
  const scaled = builder.node('Div', [centred, builder.weight('scale', [width], head.scale)]);
  let value = builder.node('Clip', [scaled, builder.scalar(-INPUT_LIMIT), builder.scalar(INPUT_LIMIT)]); // (B, D)
  const { encoding } = head;
  if (encoding) {
    const count = encoding.columns.length;
    const gathered = builder.node('Gather', [input, builder.integers([...encoding.columns])], { axis: 1 });
    const shifted = builder.node('Sub', [gathered, builder.weight('starts', [count], encoding.starts)]);
    const shares = builder.node('Mul', [shifted, builder.weight('slopes', [count], encoding.slopes)]);
    const encoded = builder.node('Clip', [shares, builder.scalar(0), builder.scalar(1)]); // (B, K)
    value = builder.node('Concat', [value, encoded], { axis: 1 }); // (B, D + K)
  }
  head.layers.forEach((layer, index) => {
    const weights = builder.weight(`layer.${index}.weight`, [layer.inputs, layer.outputs], layer.weights);
    const bias = builder.weight(`layer.${index}.bias`, [layer.outputs], layer.bias);
    value = builder.node('Gemm', [value, weights, bias]);
    if (index < head.layers.length - 1) value = builder.node('Relu', [value]);
  });
  if (head.trees) value = builder.node('Add', [value, writeTrees(builder, input, head.trees)]);
  builder.output('logit', value, ['B', 1]);
  return builder.build('head', { ...metadata, inputs: head.inputs.join(' ') });
}

/** The first H inputs mapped, the others as they are: (B, D). */
function writeAlignment(
  builder: OnnxBuilder,
  given: string,
  width: number,
  { matrix, offset }: Alignment,
): string {
  const mapped = offset.length;
  const [first = '', others = ''] = builder.nodes(
    'Split',
    [given, builder.integers([mapped, width - mapped])],
    2,
    { axis: 1 },
  );
  const aligned = builder.node('Gemm', [
    first,
    builder.weight('alignment.matrix', [mapped, mapped], matrix),
    builder.weight('alignment.offset', [mapped], offset),
  ]);
  return builder.node('Concat', [aligned, others], { axis: 1 });
}

/** Sum of the leaves of all trees, (B, 1): every question answered at once, answers as the digits of a leaf's number. */
function writeTrees(builder: OnnxBuilder, input: string, trees: TreeEnsemble): string {
  const { depth, columns, thresholds, leaves } = trees;
  const count = treeCountOf(trees);
  const asked = builder.node('Gather', [input, builder.integers([...columns])], { axis: 1 });
  const isAbove = builder.node('Greater', [
    asked,
    builder.weight('trees.thresholds', [columns.length], thresholds),
  ]);
  const answers = builder.node('Reshape', [
    builder.node('Cast', [isAbove], { to: 1 }),
    builder.integers([0, count, depth]),
  ]); // (B, trees, depth)
  const digits = Float32Array.from({ length: depth }, (_, level) => 2 ** (depth - 1 - level));
  const numbers = builder.node('MatMul', [answers, builder.weight('trees.digits', [depth, 1], digits)]); // (B, trees, 1)
  const firsts = Float32Array.from({ length: count }, (_, tree) => tree * 2 ** depth);
  const places = builder.node('Add', [numbers, builder.weight('trees.firsts', [count, 1], firsts)]);
  const found = builder.node('Gather', [
    builder.weight('trees.leaves', [leaves.length], leaves),
    builder.node('Cast', [places], { to: 7 }),
  ]);
  return builder.node('ReduceSum', [found, builder.integers([1])], { keepdims: 0 });
}
