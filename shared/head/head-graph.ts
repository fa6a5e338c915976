// shared/head/head-graph.ts: a head as an ONNX model: x float32 (B, D) → logit float32 (B, 1), standardisation inside.
import { createOnnxBuilder, type OnnxBuilder } from '../encoder/onnx-builder.ts';
import type { Alignment } from './alignment.ts';
import { type HeadWeights, INPUT_LIMIT } from './head-weights.ts';

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
