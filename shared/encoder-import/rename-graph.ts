// shared/encoder-import/rename-graph.ts: nodes and weights of a foreign graph under names of their own, its inputs replaced by values of ours.
import { clone } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from '../encoder/onnx-schema/onnx_pb.ts';

/** Before every name of theirs: ours never begin with it. */
const PREFIX = 'foreign/';

/**
 * @param fed the value of ours that each input of theirs stands for
 */
export function takeOver(
  graph: GraphProto,
  fed: ReadonlyMap<string, string>,
): {
  readonly nodes: readonly NodeProto[];
  readonly weights: readonly TensorProto[];
  /** What a value of theirs is called now. */
  readonly nameOf: (name: string) => string;
} {
  // An empty name stands for an optional input that is left out.
  const nameOf = (name: string): string => (name === '' ? '' : (fed.get(name) ?? `${PREFIX}${name}`));
  const nodes = graph.node.map((node) => {
    const own = clone(NodeProtoSchema, node);
    own.name = `${PREFIX}${node.name}`;
    own.input = node.input.map(nameOf);
    own.output = node.output.map(nameOf);
    return own;
  });
  const weights = graph.initializer.map((tensor) => {
    const own = clone(TensorProtoSchema, tensor);
    own.name = nameOf(tensor.name);
    return own;
  });
  return { nodes, weights, nameOf };
}
