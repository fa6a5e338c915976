// shared/head/read-head-graph.ts: weights of a plain MLP head out of its ONNX bytes: a champion to go on from.
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../encoder/onnx-schema/onnx_pb.ts';
import type { HeadLayer, HeadWeights } from './head-weights.ts';

/** Names that `writeHeadGraph` gives to parts that a plain MLP does not have. */
const OTHER_PARTS = /^(alignment|trees)\.|^(starts|slopes)$/;

/** The head as it was written; undefined when it is more than standardisation and dense layers. */
export function readHeadGraph(graph: Uint8Array, inputs: readonly string[]): HeadWeights | undefined {
  const tensors = new Map(
    (fromBinary(ModelProtoSchema, graph).graph?.initializer ?? []).map((one) => [one.name, one]),
  );
  if ([...tensors.keys()].some((name) => OTHER_PARTS.test(name))) return undefined;
  const floatsOf = (name: string): Float32Array | undefined => {
    const bytes = tensors.get(name)?.rawData;
    return bytes && new Float32Array(Uint8Array.from(bytes).buffer);
  };
  const mean = floatsOf('mean');
  const scale = floatsOf('scale');
  const layers: HeadLayer[] = [];
  for (let index = 0; ; index++) {
    const weights = floatsOf(`layer.${index}.weight`);
    const bias = floatsOf(`layer.${index}.bias`);
    if (!weights || !bias) break;
    layers.push({ inputs: weights.length / bias.length, outputs: bias.length, weights, bias });
  }
  if (mean?.length !== inputs.length || !scale || layers.length === 0) return undefined;
  return { inputs, mean, scale, layers };
}
