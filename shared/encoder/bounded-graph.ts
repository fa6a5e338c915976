// shared/encoder/bounded-graph.ts: is a graph bound to end? It is when it has no loops or branches, no operators of its own, and few nodes and bytes.
import { fromBinary } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema } from './onnx-schema/onnx_pb.ts';

/** Twenty times what the largest head that this package writes has. */
export const boundedGraphLimits = { bytes: 16 * 2 ** 20, nodes: 500 } as const;

/** Their bodies run as often as the data says. */
const CONTROL_FLOW = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

function parse(bytes: Uint8Array): ModelProto | undefined {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    return undefined;
  }
}

/** @returns why a run of the graph may never end, or take long; undefined when it ends after a few operations per row */
export function whyUnbounded(bytes: Uint8Array): string | undefined {
  if (bytes.length > boundedGraphLimits.bytes) return `it has ${bytes.length} bytes`;
  const model = parse(bytes);
  if (!model?.graph) return 'it is no ONNX graph';
  if (model.functions.length > 0) return 'it defines functions of its own';
  const { node: nodes } = model.graph;
  if (nodes.length > boundedGraphLimits.nodes) return `it has ${nodes.length} nodes`;
  const found = nodes.find(
    ({ opType, domain, attribute }) =>
      CONTROL_FLOW.has(opType) ||
      (domain !== '' && domain !== 'ai.onnx') ||
      attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0),
  );
  return found && `${found.opType} may run without an end`;
}
