// shared/encoder/merge-heads.ts: several head graphs as one: a single run instead of many, each head's numbers as they were.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type GraphProto, GraphProtoSchema, ModelProtoSchema } from './onnx-schema/onnx_pb.ts';

/** Name of a head's output in the merged graph, by its place among the merged. */
export const mergedOutput = (place: number): string => `head-${place}/logit`;

/** `graph` with every name but the input's `x` and the absent one's '' under a prefix of its own. */
function prefixed(graph: GraphProto, place: number): GraphProto {
  const rename = (name: string): string => (name === '' || name === 'x' ? name : `head-${place}/${name}`);
  for (const node of graph.node) {
    node.name = rename(node.name);
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
  }
  for (const tensor of graph.initializer) tensor.name = rename(tensor.name);
  for (const output of graph.output) output.name = rename(output.name);
  graph.valueInfo = [];
  return graph;
}

/**
 * Graphs with one input `x` and one output `logit`, whose nodes hold no graphs of their own.
 * @returns undefined where they cannot be one graph: other operator sets, or anything but nodes and plain weights in them
 */
export function mergeHeads(heads: readonly Uint8Array[]): Uint8Array | undefined {
  const models = heads.map((bytes) => fromBinary(ModelProtoSchema, bytes));
  const [first] = models;
  const opsetsOf = ({ opsetImport }: (typeof models)[number]) =>
    opsetImport.map(({ domain, version }) => `${domain} ${version}`).join();
  const isPlain = models.every(
    (model) =>
      first !== undefined &&
      opsetsOf(model) === opsetsOf(first) &&
      model.functions.length === 0 &&
      model.graph?.sparseInitializer.length === 0 &&
      model.graph.input.map(({ name }) => name).join() === 'x' &&
      model.graph.output.map(({ name }) => name).join() === 'logit',
  );
  if (!first?.graph || !isPlain) return undefined;
  const input = first.graph.input;
  const graphs = models.flatMap(({ graph }, place) => (graph ? [prefixed(graph, place)] : []));
  const merged = create(GraphProtoSchema, {
    name: 'heads',
    node: graphs.flatMap(({ node }) => node),
    initializer: graphs.flatMap(({ initializer }) => initializer),
    input,
    output: graphs.flatMap(({ output }) => output),
  });
  const { irVersion, opsetImport, producerName } = first;
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion, opsetImport, producerName, graph: merged }),
  );
}
