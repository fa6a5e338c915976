// shared/transfer/transfer-inputs.ts: rows → head inputs through the encoder that scoring uses; the unlabelled stream that adapts it.
import type { EncoderConfig, EncoderWeights } from '../encoder/definition.ts';
import { createOnnxEncoder } from '../encoder/onnx-encoder.ts';
import { toOnnxModel } from '../encoder/onnx-graph.ts';
import type { PretrainedEncoder } from '../encoder/pretrained.ts';
import { fullHeadInputs, writeHeadInput } from '../head/head-inputs.ts';
import { sha256Of } from '../registry/manifest.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { HeadDataset } from '../training/head-dataset.ts';
import { createPackedStreamBuilder, type PackedStream } from '../training/packed-stream.ts';
import { type TransferRows, type WindowName, windowNames } from './transfer-rows.ts';

/** An ONNX model, named by its content, and the weights it was made of; of an imported one only the model is known. */
export interface BuiltEncoder {
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
  readonly model: Uint8Array;
  readonly weights?: EncoderWeights | undefined;
}

/** The model of these weights. */
export function buildEncoder(config: EncoderConfig, weights: EncoderWeights): BuiltEncoder {
  const model = toOnnxModel(config, weights);
  return { encoderVersion: `${config.name}-${sha256Of(model).slice(0, 12)}`, config, model, weights };
}

/** A pretrained encoder as it is: built from its weights, or, when it was imported, as it came. */
export function openEncoder(pretrained: PretrainedEncoder): BuiltEncoder {
  const { manifest, encoderVersion, config, model } = pretrained;
  return manifest.imported
    ? { encoderVersion, config, model }
    : buildEncoder(config, pretrained.readWeights());
}

export type WindowInputs = Readonly<Record<WindowName, HeadDataset>>;

const CHUNK_ROWS = 512;
const NO_FEATURES = new Float32Array(0);

/** What it took to encode. */
export interface EncodingCost {
  readonly rows: number;
  /** Processor time of the workers, ms; undefined where the platform does not tell. */
  readonly processorMs: number | undefined;
  readonly wallMs: number;
  /** Growth of the process's resident memory from before the sessions were opened, bytes; 0 when there was room already. */
  readonly memoryBytes: number;
}

/**
 * All inputs of a full head for the rows of every window.
 * @param onCost told at the end
 */
export async function encodeWindows(
  rows: TransferRows,
  encoder: BuiltEncoder,
  onRows: (done: number, all: number) => void = () => {},
  onCost: (cost: EncodingCost) => void = () => {},
): Promise<WindowInputs> {
  const before = process.memoryUsage.rss();
  const { encoderVersion, config, model } = encoder;
  const session = await createOnnxEncoder({
    encoderModel: model,
    encoderVersion,
    config,
    heads: [],
    references: { '*': rows.reference },
  });
  const inputs = fullHeadInputs(config);
  const startedAt = performance.now();
  const usageBefore = (await session.usageMs()) ?? 0;
  const opened = process.memoryUsage.rss();
  const all = windowNames.reduce((sum, name) => sum + rows.windows[name].length, 0);
  let done = 0;
  const encode = async (numbers: Int32Array): Promise<HeadDataset> => {
    const values = new Float32Array(numbers.length * inputs.length);
    for (let start = 0; start < numbers.length; start += CHUNK_ROWS) {
      const chunk = Array.from(numbers.subarray(start, start + CHUNK_ROWS), (row) => {
        const { events, count } = rows.table.windowOf(row);
        return {
          portfolioId: rows.portfolioId,
          events: events.slice(),
          eventCount: count,
          features: NO_FEATURES,
        };
      });
      const encoded = await session.encodeMany(chunk.map((row) => ({ ...row, events: row.events.slice() })));
      chunk.forEach(({ events }, index) => {
        const at = (start + index) * inputs.length;
        const features = rows.table.featuresOf(numbers[start + index] ?? 0);
        const source = { readings: encoded[index]?.readings, features, events };
        writeHeadInput(source, values.subarray(at, at + inputs.length));
      });
      done += chunk.length;
      onRows(done, all);
    }
    return toDataset(rows, numbers, inputs, values);
  };
  try {
    const encoded = {
      training: await encode(rows.windows.training),
      calibration: await encode(rows.windows.calibration),
      test: await encode(rows.windows.test),
    };
    const usage = await session.usageMs();
    onCost({
      rows: all,
      processorMs: usage === undefined ? undefined : usage - usageBefore,
      wallMs: performance.now() - startedAt,
      memoryBytes: Math.max(0, opened - before),
    });
    return encoded;
  } finally {
    await session.close();
  }
}

function toDataset(
  { table, labels, weights }: TransferRows,
  numbers: Int32Array,
  inputs: readonly string[],
  values: Float32Array,
): HeadDataset {
  return {
    inputs,
    values,
    labels: Uint8Array.from(numbers, (row) => labels[row] ?? 0),
    weights: Float32Array.from(numbers, (row) => weights[row] ?? 1),
    times: Float64Array.from(numbers, (row) => table.timeOf(row)),
    cards: Uint32Array.from(numbers, (row) => table.cardOf(row)),
    typologies: Array.from(numbers, () => undefined),
  };
}

/** One card in so many is held out of adaptation, to tell losses on. */
const HELD_OUT_EVERY = 20;

/** Events of all cards before the test window; no label plays a part. */
export function collectStreams({ table, boundaries }: TransferRows): {
  readonly training: PackedStream;
  readonly heldOut: PackedStream;
} {
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  for (let card = 0; card < table.cardCount; card++) {
    const builder = card % HELD_OUT_EVERY === HELD_OUT_EVERY - 1 ? heldOut : training;
    const { events, count } = table.eventsOfCard(card);
    const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
    for (let at = 0; at < count * EVENT_BYTES; at += EVENT_BYTES) {
      if (view.getUint32(at, true) * 1000 < boundaries.testFromMs)
        builder.add(String(card), events.subarray(at, at + EVENT_BYTES));
    }
  }
  return { training: training.build(), heldOut: heldOut.build() };
}
