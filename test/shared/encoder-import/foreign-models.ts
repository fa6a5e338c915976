// test/shared/encoder-import/foreign-models.ts: small foreign encoders for tests: an honest one that pads on the right, and what can be wrong with one.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createOnnxBuilder, type OnnxBuilder } from '../../../shared/encoder/onnx-builder.ts';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
} from '../../../shared/encoder/onnx-schema/onnx_pb.ts';
import { sha256Of } from '../../../shared/encoder/pretrained.ts';
import type { ForeignManifest } from '../../../shared/encoder-import/foreign-manifest.ts';

export const SIZE = 6;
const FIELDS = ['amountLog', 'gap', 'sameMerchant'] as const;

/** Values of a mean over the events of a row, given the events, their mask and the weights' name. */
export type MakeEmbedding = (builder: OnnxBuilder, events: string, mask: string, weights: string) => string;

const project = (builder: OnnxBuilder, value: string, weights: string): string =>
  builder.node('Tanh', [builder.node('MatMul', [value, weights])]);

/** The mean of the events that are there, projected. */
export const honest: MakeEmbedding = (builder, events, mask, weights) => {
  const wide = builder.node('Unsqueeze', [mask, builder.integers([2])]);
  const present = builder.node('Mul', [events, wide]);
  const sum = builder.node('ReduceSum', [present, builder.integers([1])], { keepdims: 0 });
  const count = builder.node('ReduceSum', [mask, builder.integers([1])], { keepdims: 1 });
  return project(builder, builder.node('Div', [sum, count]), weights);
};

/** The first event that is given: which one that is depends on the side that is filled up. */
export const firstEvent: MakeEmbedding = (builder, events, _mask, weights) => {
  const first = builder.node('Gather', [events, builder.integers(0)], { axis: 1 });
  return project(builder, first, weights);
};

/** The mean over all positions, padding too. */
export const padded: MakeEmbedding = (builder, events, _mask, weights) =>
  project(builder, builder.node('ReduceMean', [events], { axes: [1], keepdims: 0 }), weights);

/** Minus the mean of the batch. */
export const batchDependent: MakeEmbedding = (builder, events, mask, weights) => {
  const own = honest(builder, events, mask, weights);
  return builder.node('Sub', [own, builder.node('ReduceMean', [own], { axes: [0], keepdims: 1 })]);
};

/** Nothing of the row. */
export const constant: MakeEmbedding = (builder, events, mask, weights) => {
  const own = honest(builder, events, mask, weights);
  return builder.node('Mul', [own, builder.scalar(0)]);
};

/** Asks for an array of 2⁴⁰ values on its way. */
export const bomb: MakeEmbedding = (builder, events, mask, weights) => {
  const own = honest(builder, events, mask, weights);
  const huge = builder.node('Expand', [builder.scalar(1), builder.integers([1024, 1024, 1024])]);
  const sum = builder.node('ReduceSum', [builder.node('Exp', [huge]), builder.integers([0, 1, 2])], {
    keepdims: 0,
  });
  return builder.node('Add', [own, builder.node('Mul', [sum, builder.scalar(0)])]);
};

/** Multiplies large matrices for minutes. */
export const slow: MakeEmbedding = (builder, events, mask, weights) => {
  const own = honest(builder, events, mask, weights);
  const mean = builder.node('ReduceMean', [own], { keepdims: 0 });
  let value = builder.node('Expand', [mean, builder.integers([2048, 2048])]);
  for (let turn = 0; turn < 400; turn++)
    value = builder.node('Tanh', [builder.node('MatMul', [value, value])]);
  const last = builder.node('ReduceMean', [value], { keepdims: 0 });
  return builder.node('Add', [own, builder.node('Mul', [last, builder.scalar(0)])]);
};

/** Operator set 17: ReduceMean still takes its axes as an attribute. */
export function makeModel(make: MakeEmbedding, opset = 17n): Uint8Array {
  const builder = createOnnxBuilder(opset);
  const events = builder.input('x', 'float32', ['N', 'L', FIELDS.length]);
  const mask = builder.input('real', 'float32', ['N', 'L']);
  const values = Float32Array.from({ length: FIELDS.length * SIZE }, (_, at) => Math.sin(at * 1.7 + 0.4));
  const weights = builder.weight('w', [FIELDS.length, SIZE], values);
  builder.output('h', make(builder, events, mask, weights), ['N', SIZE]);
  return builder.build('theirs', {});
}

export function makeManifest(model: Uint8Array, changes: Partial<ForeignManifest> = {}): ForeignManifest {
  return {
    formatVersion: 1,
    name: 'theirs',
    description: '',
    sha256: sha256Of(model),
    inputs: { channels: { name: 'x', fields: [...FIELDS] }, mask: { name: 'real', type: 'float32' } },
    padding: 'right',
    window: 64,
    outputs: { embedding: { name: 'h', size: SIZE } },
    ...changes,
  };
}

/** The honest model with something changed in its protobuf. */
export function changed(change: (model: ModelProto, graph: GraphProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, makeModel(honest));
  if (!model.graph) throw new TypeError('The model has no graph.');
  change(model, model.graph);
  return toBinary(ModelProtoSchema, model);
}

export const withExternalData = (location: string): Uint8Array =>
  changed((_, { initializer: [tensor] }) => {
    if (!tensor) return;
    tensor.rawData = new Uint8Array(0);
    tensor.dataLocation = DataLocation.EXTERNAL;
    tensor.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
  });

export const withNaN = (): Uint8Array =>
  changed((_, { initializer }) => {
    const tensor = initializer.find(({ name }) => name === 'w');
    if (tensor)
      new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset).setFloat32(0, Number.NaN, true);
  });

export const withCustomOperator = (): Uint8Array =>
  changed((_, { node: [first] }) => {
    if (first) first.domain = 'com.example';
  });

export const withLoop = (): Uint8Array =>
  changed((_, graph) => {
    const body = create(AttributeProtoSchema, {
      name: 'body',
      type: AttributeType.GRAPH,
      g: { name: 'again' },
    });
    graph.node.push(
      create(NodeProtoSchema, { opType: 'Loop', input: ['', ''], output: ['never'], attribute: [body] }),
    );
  });

export const withLyingShape = (): Uint8Array =>
  changed((_, { initializer }) => {
    const tensor = initializer.find(({ name }) => name === 'w');
    if (tensor) tensor.dims = [300n, BigInt(SIZE)];
  });

export const withHugeShape = (): Uint8Array =>
  changed((_, { initializer }) => {
    const tensor = initializer.find(({ name }) => name === 'w');
    if (tensor) tensor.dims = [2n ** 40n, 2n ** 22n];
  });

export const withOldOperators = (): Uint8Array =>
  changed((model) => {
    for (const opset of model.opsetImport) opset.version = 9n;
  });
