// shared/encoder/onnx-builder.ts: builds an ONNX model node by node and serializes it through ONNX's published protobuf schema.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx-schema/onnx_pb.ts';

/** Operators of this version are used: LayerNormalization (17) and Split with num_outputs (18). */
const OPSET = 18n;
const IR_VERSION = 9n;

/** Integers, lists of integers and floats (`{ float }`) that an operator takes as attributes. */
export type Attribute = number | readonly number[] | { readonly float: number };
/** A fixed size, or the name of one that each run may set. */
export type Dimension = number | string;

/** Names of values are strings; each node names its outputs itself. */
export interface OnnxBuilder {
  input(name: string, type: 'float32' | 'int32', shape: readonly Dimension[]): string;
  output(name: string, value: string, shape: readonly Dimension[]): void;
  weight(name: string, shape: readonly number[], values: Float32Array): string;
  /** int64 constant: a vector, or a scalar when a number is given. Equal constants are shared. */
  integers(values: readonly number[] | number): string;
  /** float32 scalar constant. */
  scalar(value: number): string;
  int32Scalar(value: number): string;
  node(operator: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string;
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Record<string, Attribute>,
  ): string[];
  /** Takes nodes and weights of another graph, whose names must not be among those given here. */
  adopt(parts: { readonly nodes: readonly NodeProto[]; readonly weights: readonly TensorProto[] }): void;
  /** The model as bytes of a ModelProto. */
  build(graphName: string, metadata: Readonly<Record<string, string>>): Uint8Array;
}

const littleEndian = (values: Float32Array | Int32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();

function toTensor(
  name: string,
  shape: readonly number[],
  values: Float32Array | Int32Array | BigInt64Array,
): TensorProto {
  const isFloat = values instanceof Float32Array;
  const integerType = values instanceof Int32Array ? DataType.INT32 : DataType.INT64;
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: isFloat ? DataType.FLOAT : integerType,
    rawData: littleEndian(values),
  });
}

function toAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function toValueInfo(name: string, elemType: DataType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}

/** An empty model of an operator set. Little-endian machines only, as all that run Node are. */
export function createOnnxBuilder(opset: bigint = OPSET): OnnxBuilder {
  const nodeList: NodeProto[] = [];
  const initializers = new Map<string, TensorProto>();
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  const constant = (name: string, make: () => TensorProto): string => {
    if (!initializers.has(name)) initializers.set(name, make());
    return name;
  };
  const nodes: OnnxBuilder['nodes'] = (operator, from, count, attributes = {}) => {
    const name = `${operator}_${nodeList.length}`;
    const output = Array.from({ length: count }, (_, index) => `${name}:${index}`);
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    nodeList.push(create(NodeProtoSchema, { name, opType: operator, input: [...from], output, attribute }));
    return output;
  };
  return {
    nodes,
    node: (operator, from, attributes) => nodes(operator, from, 1, attributes)[0] ?? '',
    input(name, type, shape) {
      inputs.push(toValueInfo(name, type === 'float32' ? DataType.FLOAT : DataType.INT32, shape));
      return name;
    },
    output(name, value, shape) {
      nodeList.push(
        create(NodeProtoSchema, {
          name: `output_${name}`,
          opType: 'Identity',
          input: [value],
          output: [name],
        }),
      );
      outputs.push(toValueInfo(name, DataType.FLOAT, shape));
    },
    weight: (name, shape, values) => constant(name, () => toTensor(name, shape, values)),
    integers(values) {
      const list = typeof values === 'number' ? [values] : values;
      const shape = typeof values === 'number' ? [] : [list.length];
      const name = `int64[${shape}]:${list}`;
      return constant(name, () => toTensor(name, shape, BigInt64Array.from(list, BigInt)));
    },
    scalar: (value) =>
      constant(`float:${value}`, () => toTensor(`float:${value}`, [], Float32Array.of(value))),
    int32Scalar: (value) =>
      constant(`int32:${value}`, () => toTensor(`int32:${value}`, [], Int32Array.of(value))),
    adopt({ nodes: others, weights }) {
      nodeList.push(...others);
      for (const tensor of weights) initializers.set(tensor.name, tensor);
    },
    build: (graphName, metadata) =>
      toBinary(
        ModelProtoSchema,
        create(ModelProtoSchema, {
          irVersion: IR_VERSION,
          producerName: 'fraudstream',
          opsetImport: [{ domain: '', version: opset }],
          metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
          graph: {
            name: graphName,
            node: nodeList,
            initializer: [...initializers.values()],
            input: inputs,
            output: outputs,
          },
        }),
      ),
  };
}
