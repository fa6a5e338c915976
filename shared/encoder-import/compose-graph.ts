// shared/encoder-import/compose-graph.ts: a foreign encoder set between our inputs and our outputs: one ONNX model that the product runs like its own.
import { type SurpriseField, surpriseFields } from '../domain/decision.ts';
import { CHANNEL_COUNT, CHANNELS, channelNames, ID_COUNT, SURPRISE_POSITIONS } from '../encoder/channels.ts';
import { createOnnxBuilder, type OnnxBuilder } from '../encoder/onnx-builder.ts';
import { TensorProto_DataType as DataType } from '../encoder/onnx-schema/onnx_pb.ts';
import { TARGET_COUNT } from '../encoder/targets.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../features/population-reference.ts';
import { type ForeignManifest, idFields } from './foreign-manifest.ts';
import { rebinningMatrix } from './rebin.ts';
import { takeOver } from './rename-graph.ts';
import type { ForeignModel } from './static-checks.ts';

interface Composition {
  readonly builder: OnnxBuilder;
  readonly manifest: ForeignManifest;
}

const typeCodes = {
  float32: DataType.FLOAT,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
} as const;

/** The rows as the foreign encoder wants them: mask without our start event, cut to its window, filled up on its side. */
interface Rows {
  readonly mask: string; // (B, T)
  /** (B, T, columns) cut and moved as the mask was. */
  readonly arrange: (value: string, columns: number) => string;
}

const cut = ({ builder, manifest }: Composition, value: string): string =>
  builder.node('Slice', [
    value,
    builder.integers([-manifest.window]),
    builder.integers([2 ** 31 - 1]),
    builder.integers([1]),
  ]);

/** Events of row b stand at (t + padding of b) mod T in the right-aligned row: their places when they come first. */
function firstPlaces({ builder }: Composition, mask: string): string {
  const shape = builder.node('Shape', [mask]);
  const length = builder.node('Gather', [shape, builder.integers(1)], { axis: 0 }); // scalar T
  const real = builder.node('ReduceSum', [mask, builder.integers([1])], { keepdims: 1 });
  const padding = builder.node('Sub', [length, builder.node('Cast', [real], { to: DataType.INT64 })]); // (B, 1)
  const places = builder.node('Range', [builder.integers(0), length, builder.integers(1)]); // (T)
  return builder.node('Mod', [builder.node('Add', [places, padding]), length]); // (B, T)
}

function arrangeRows(composition: Composition, channels: string, mask: string): Rows {
  const { builder, manifest } = composition;
  const start = builder.node('Squeeze', [
    builder.node('Gather', [channels, builder.integers([CHANNELS.start])], { axis: 2 }),
    builder.integers([2]),
  ]);
  // Our start event is none of theirs, unless they ask for it by name.
  const knowsStart = manifest.inputs.channels.fields.includes('start');
  const events = knowsStart
    ? mask
    : builder.node('Mul', [mask, builder.node('Sub', [builder.scalar(1), start])]);
  const kept = cut(composition, events);
  if (manifest.padding === 'left') return { mask: kept, arrange: (value) => cut(composition, value) };
  const places = firstPlaces(composition, kept);
  const wide = builder.node('Unsqueeze', [places, builder.integers([2])]); // (B, T, 1)
  return {
    mask: builder.node('GatherElements', [kept, places], { axis: 1 }),
    arrange: (value, columns) => {
      const own = cut(composition, value);
      const index = builder.node('Expand', [wide, builder.integers([1, 1, columns])]);
      return builder.node('GatherElements', [own, index], { axis: 1 });
    },
  };
}

/** Values that the foreign inputs stand for, by their names. */
function feedInputs(composition: Composition): ReadonlyMap<string, string> {
  const { builder, manifest } = composition;
  const channels = builder.input('channels', 'float32', ['B', 'T', CHANNEL_COUNT]);
  const ids = builder.input('ids', 'int32', ['B', 'T', ID_COUNT]);
  const mask = builder.input('mask', 'float32', ['B', 'T']);
  builder.input('targets', 'int32', ['B', SURPRISE_POSITIONS, TARGET_COUNT]);
  const rows = arrangeRows(composition, channels, mask);
  const present = builder.node('Unsqueeze', [rows.mask, builder.integers([2])]);
  const pick = (value: string, columns: readonly number[]): string =>
    rows.arrange(builder.node('Gather', [value, builder.integers(columns)], { axis: 2 }), columns.length);
  const { channels: wanted, ids: codes, mask: asked } = manifest.inputs;
  const columns = pick(
    channels,
    wanted.fields.map((field) => channelNames.indexOf(field)),
  );
  // Where there is no event, there is nothing: padding and our start event are zeros.
  const fed = new Map([[wanted.name, builder.node('Mul', [columns, present])]]);
  if (codes) {
    const floats = builder.node('Cast', [ids], { to: DataType.FLOAT });
    const picked = pick(
      floats,
      codes.fields.map((field) => idFields.indexOf(field)),
    );
    const masked = builder.node('Mul', [picked, present]);
    fed.set(codes.name, builder.node('Cast', [masked], { to: typeCodes[codes.type] }));
  }
  if (asked) fed.set(asked.name, builder.node('Cast', [rows.mask], { to: typeCodes[asked.type] }));
  return fed;
}

/** Smallest probability a bin can have: keeps logarithms finite. */
const LEAST_PROBABILITY = 1e-9;

function toProbabilities(builder: OnnxBuilder, value: string, form: string): string {
  if (form === 'probabilities') return value;
  const logs = form === 'logits' ? builder.node('LogSoftmax', [value], { axis: -1 }) : value;
  return builder.node('Exp', [logs]);
}

const toLogs = (builder: OnnxBuilder, probabilities: string): string =>
  builder.node('Log', [builder.node('Max', [probabilities, builder.scalar(LEAST_PROBABILITY)])]);

/** `row` for each of the B rows of `like`. */
function repeat(builder: OnnxBuilder, row: string, like: string, sizes: readonly number[]): string {
  const batch = builder.node('Gather', [builder.node('Shape', [like]), builder.integers([0])], { axis: 0 });
  return builder.node('Expand', [row, builder.node('Concat', [batch, builder.integers(sizes)], { axis: 0 })]);
}

/** Of a forecast that is not given: every bin alike. */
function uniform(builder: OnnxBuilder, bins: number): string {
  const row = builder.weight(`uniform:${bins}`, [1, bins], new Float32Array(bins).fill(-Math.log(bins)));
  return repeat(builder, row, 'channels', [bins]);
}

/** Each given field at its place, 0 elsewhere; the same at every position, so that means over events are that of x. */
function spreadSurprise(builder: OnnxBuilder, value: string, fields: readonly SurpriseField[]): string {
  const places = new Float32Array(fields.length * TARGET_COUNT);
  fields.forEach((field, row) => {
    places[row * TARGET_COUNT + surpriseFields.indexOf(field)] = 1;
  });
  const columns = builder.node('MatMul', [
    value,
    builder.weight('surprise:places', [fields.length, TARGET_COUNT], places),
  ]);
  const one = builder.node('Unsqueeze', [columns, builder.integers([1])]);
  return builder.node('Expand', [one, builder.integers([1, SURPRISE_POSITIONS, 1])]);
}

function giveOutputs({ builder, manifest }: Composition, named: (name: string) => string): void {
  const { embedding, forecastAmount, forecastHour, surprise } = manifest.outputs;
  builder.output('embedding', named(embedding.name), ['B', embedding.size]);
  const amount = forecastAmount
    ? toLogs(
        builder,
        builder.node('MatMul', [
          toProbabilities(builder, named(forecastAmount.name), forecastAmount.form),
          builder.weight(
            'amount:rebinning',
            [forecastAmount.binEdges.length + 1, AMOUNT_BINS],
            rebinningMatrix(forecastAmount.binEdges),
          ),
        ]),
      )
    : uniform(builder, AMOUNT_BINS);
  builder.output('forecast_amount', amount, ['B', AMOUNT_BINS]);
  const hour = forecastHour
    ? toLogs(builder, toProbabilities(builder, named(forecastHour.name), forecastHour.form))
    : uniform(builder, HOUR_BINS);
  builder.output('forecast_hour', hour, ['B', HOUR_BINS]);
  const shape = [SURPRISE_POSITIONS, TARGET_COUNT];
  const nothing = () =>
    repeat(
      builder,
      builder.weight('surprise:none', [1, ...shape], new Float32Array(SURPRISE_POSITIONS * TARGET_COUNT)),
      'channels',
      shape,
    );
  const bits = surprise ? spreadSurprise(builder, named(surprise.name), surprise.fields) : nothing();
  builder.output('surprise', bits, ['B', ...shape]);
}

/**
 * One model with the inputs and outputs of our own graphs (shared/encoder/onnx-graph.ts). Channels and ids are picked by
 * name, rows cut to the window and filled up on the side that the manifest says; forecasts are put into our bins. A
 * forecast that is not given is uniform, a surprise 0: constants, of which a head can learn nothing.
 */
export function composeGraph({ graph, opset }: ForeignModel, manifest: ForeignManifest): Uint8Array {
  const builder = createOnnxBuilder(opset);
  const composition = { builder, manifest };
  const fed = feedInputs(composition);
  const { nodes, weights, nameOf } = takeOver(graph, fed);
  builder.adopt({ nodes, weights });
  giveOutputs(composition, nameOf);
  return builder.build(`encoder-${manifest.name}`, { foreign: manifest.sha256 });
}
