// shared/encoder-import/static-checks.ts: a foreign ONNX file read without running it: sizes, operators, weights, no other files, names that the manifest promised.
import { fromBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from '../encoder/onnx-schema/onnx_pb.ts';
import { sha256Of } from '../encoder/pretrained.ts';
import type { ForeignManifest } from './foreign-manifest.ts';
import { refuse } from './refusal.ts';

/** What is allowed. The shipped encoders have 0.2 MB, 120 nodes and 50,000 weights. */
export const staticLimits = { bytes: 64 * 2 ** 20, nodes: 20_000, weights: 16_000_000 } as const;
/** Operator sets whose nodes may be mixed with ours; ONNX Runtime runs them all. */
const OPSETS = { least: 13n, most: 21n };
/** Control flow: their bodies run as often as the data says. */
const CONTROL_FLOW = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);

/** Bytes of one value of the types that weights come in. */
const bytesOf = new Map<number, number>([
  [DataType.FLOAT, 4],
  [DataType.INT32, 4],
  [DataType.INT64, 8],
  [DataType.DOUBLE, 8],
  [DataType.FLOAT16, 2],
  [DataType.BFLOAT16, 2],
  [DataType.BOOL, 1],
  [DataType.INT8, 1],
  [DataType.UINT8, 1],
]);

/** A parsed model whose graph is there. */
export interface ForeignModel {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  /** Version of ONNX's own operators. */
  readonly opset: bigint;
}

function parseModel(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw refuse('no-onnx', 'The file is truncated, or no ONNX model.', cause);
  }
}

function checkOpsets(model: ModelProto): bigint {
  for (const { domain, version } of model.opsetImport) {
    if (domain !== '' && domain !== 'ai.onnx') continue;
    if (version >= OPSETS.least && version <= OPSETS.most) return version;
    throw refuse('operator-set', `Operator set ${version}; ${OPSETS.least} to ${OPSETS.most} are taken.`);
  }
  throw refuse('operator-set', 'The model names no operator set of ONNX.');
}

function checkTensor(tensor: TensorProto): number {
  const name = JSON.stringify(tensor.name);
  if (tensor.dataLocation === DataLocation.EXTERNAL || tensor.externalData.length > 0) {
    const place = tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'another file';
    throw refuse(
      'external-data',
      `The weights ${name} lie in ${JSON.stringify(place)}: export them inside the file.`,
    );
  }
  const count = tensor.dims.reduce((product, size) => product * size, 1n);
  if (tensor.dims.some((size) => size < 0n) || count > BigInt(staticLimits.weights)) {
    throw refuse('too-large', `The tensor ${name} would hold ${count} values.`);
  }
  const size = bytesOf.get(tensor.dataType);
  if (size === undefined) throw refuse('weights', `The tensor ${name} has type ${tensor.dataType}.`);
  const typed =
    tensor.floatData.length + tensor.int32Data.length + tensor.int64Data.length + tensor.doubleData.length;
  const held = tensor.rawData.length > 0 ? tensor.rawData.length / size : typed;
  if (held !== Number(count)) {
    throw refuse('weights', `The tensor ${name} says ${count} values and holds ${held}.`);
  }
  return Number(count);
}

/** Weights inside one attribute, as Constant nodes have them. */
function checkAttribute(operator: string, attribute: AttributeProto): number {
  if (attribute.g || attribute.graphs.length > 0 || CONTROL_FLOW.has(operator)) {
    throw refuse(
      'control-flow',
      `${operator} runs a graph of its own: export the model without loops and branches.`,
    );
  }
  if (attribute.sparseTensor || attribute.sparseTensors.length > 0) {
    throw refuse('weights', `${operator} holds sparse weights.`);
  }
  const tensors = attribute.t ? [attribute.t, ...attribute.tensors] : attribute.tensors;
  return tensors.reduce((sum, tensor) => sum + checkTensor(tensor), 0);
}

function checkNodes({ node: nodes }: GraphProto): number {
  if (nodes.length > staticLimits.nodes) {
    throw refuse('too-large', `${nodes.length} nodes; ${staticLimits.nodes} are allowed.`);
  }
  let weights = 0;
  for (const { opType, domain, attribute: attributes } of nodes) {
    if (domain !== '' && domain !== 'ai.onnx') {
      throw refuse('custom-operator', `The operator ${domain}.${opType} is none of ONNX's own.`);
    }
    if (CONTROL_FLOW.has(opType)) {
      throw refuse(
        'control-flow',
        `${opType} runs a graph of its own: export the model without loops and branches.`,
      );
    }
    for (const attribute of attributes) weights += checkAttribute(opType, attribute);
  }
  return weights;
}

function checkNames(
  what: 'inputs' | 'outputs',
  found: readonly ValueInfoProto[],
  promised: readonly string[],
  isExact: boolean,
): void {
  const names = found.map(({ name }) => name);
  const missing = promised.filter((name) => !names.includes(name));
  const more = isExact ? names.filter((name) => !promised.includes(name)) : [];
  if (missing.length + more.length === 0) return;
  throw refuse(
    what,
    `The manifest names ${promised.join(', ')}; the model has ${names.length > 0 ? names.join(', ') : 'none'}.`,
  );
}

/**
 * Parses the file and checks what can be told without running it.
 * @throws AppError FRAUD_ENCODER_REFUSED with facts.reason
 */
export function checkStatically(bytes: Uint8Array, manifest: ForeignManifest): ForeignModel {
  if (bytes.length > staticLimits.bytes) {
    throw refuse('too-large', `The file has ${bytes.length} bytes; ${staticLimits.bytes} are allowed.`);
  }
  const digest = sha256Of(bytes);
  if (digest !== manifest.sha256) {
    throw refuse('digest', `The file's SHA-256 is ${digest}, the manifest says ${manifest.sha256}.`);
  }
  const model = parseModel(bytes);
  const { graph } = model;
  if (!graph || graph.node.length === 0) throw refuse('no-onnx', 'The file holds no graph.');
  const opset = checkOpsets(model);
  if (model.functions.length > 0) throw refuse('custom-operator', 'The model defines functions of its own.');
  if (graph.sparseInitializer.length > 0) throw refuse('weights', 'The model holds sparse weights.');
  const inNodes = checkNodes(graph);
  const weights = graph.initializer.reduce((sum, tensor) => sum + checkTensor(tensor), inNodes);
  if (weights > staticLimits.weights) {
    throw refuse('too-large', `${weights} weights; ${staticLimits.weights} are allowed.`);
  }
  const held = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !held.has(name));
  const { channels, ids, mask } = manifest.inputs;
  checkNames(
    'inputs',
    inputs,
    [channels, ids, mask].flatMap((input) => input?.name ?? []),
    true,
  );
  checkNames(
    'outputs',
    graph.output,
    Object.values(manifest.outputs).flatMap((output) => output?.name ?? []),
    false,
  );
  return { model, graph, opset };
}
