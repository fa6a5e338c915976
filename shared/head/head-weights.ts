// shared/head/head-weights.ts: weights of a head (linear or MLP), its forward pass in plain arithmetic, and its JSON form.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Alignment, align, hasFittingSize } from './alignment.ts';
import { encodePiecewise, type PiecewiseEncoding } from './piecewise.ts';

/** One dense layer; ReLU follows every layer but the last. */
export interface HeadLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** (inputs, outputs), row-major. */
  readonly weights: Float32Array;
  /** (outputs) */
  readonly bias: Float32Array;
}

/** A head: standardises its inputs, then dense layers, one logit out. No layer but the last = logistic regression. */
export interface HeadWeights {
  /** Names of the inputs, in order; D of them. */
  readonly inputs: readonly string[];
  /** Standardised input = clip((x − mean) / scale, ± INPUT_LIMIT). */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  /** When present the first inputs (the embedding) are mapped before anything else. */
  readonly alignment?: Alignment | undefined;
  /** When present the first layer reads standardised inputs ‖ encoded ones, D + K. */
  readonly encoding?: PiecewiseEncoding | undefined;
  readonly layers: readonly HeadLayer[];
}

/** Width of what the first layer reads. */
export const firstWidthOf = ({ inputs, encoding }: Pick<HeadWeights, 'inputs' | 'encoding'>): number =>
  inputs.length + (encoding?.columns.length ?? 0);

/** Standardised inputs are clipped here: beyond ten standard deviations a value says no more, and cannot blow up a logit. */
export const INPUT_LIMIT = 10;

/** Room for the activations of one head; reused between calls, so a caller on a hot path allocates nothing. */
export interface PlainHead {
  /** Logit (uncalibrated) of one row of D values. */
  scoreOne(row: Float32Array): number;
}

/** A runner of the head in plain arithmetic: for the tier that must answer when ONNX Runtime does not. */
export function createPlainHead(head: HeadWeights): PlainHead {
  const first = new Float32Array(firstWidthOf(head));
  const standardised = first.subarray(0, head.inputs.length);
  const { alignment } = head;
  const aligned = alignment && new Float32Array(head.inputs.length);
  const activations = head.layers.map((layer) => new Float32Array(layer.outputs));
  return {
    scoreOne: (given) => {
      const row = aligned ? align(alignment, given, aligned) : given;
      standardise(head, row, standardised);
      if (head.encoding) encodePiecewise(head.encoding, row, first, standardised.length);
      let input: Float32Array = first;
      for (let index = 0; index < head.layers.length; index++) {
        const layer = head.layers[index];
        const output = activations[index];
        if (!layer || !output) break;
        runLayer(layer, input, output);
        if (index < head.layers.length - 1) rectify(output);
        input = output;
      }
      return input[0] ?? 0;
    },
  };
}

/** Writes the standardised row into `output`, (D). */
export function standardise(
  { mean, scale }: Pick<HeadWeights, 'mean' | 'scale'>,
  row: Float32Array,
  output: Float32Array,
): void {
  for (let column = 0; column < output.length; column++) {
    const value = ((row[column] ?? 0) - (mean[column] ?? 0)) / (scale[column] ?? 1);
    output[column] = Math.max(-INPUT_LIMIT, Math.min(INPUT_LIMIT, value));
  }
}

function runLayer(
  { inputs, outputs, weights, bias }: HeadLayer,
  input: Float32Array,
  output: Float32Array,
): void {
  output.set(bias);
  for (let row = 0; row < inputs; row++) {
    const value = input[row] ?? 0;
    if (value === 0) continue;
    const start = row * outputs;
    for (let column = 0; column < outputs; column++) {
      output[column] = (output[column] ?? 0) + value * (weights[start + column] ?? 0);
    }
  }
}

function rectify(values: Float32Array): void {
  for (let index = 0; index < values.length; index++) values[index] = Math.max(0, values[index] ?? 0);
}

const storedHeadSchema = z.object({
  inputs: z.array(z.string()),
  mean: z.base64(),
  scale: z.base64(),
  alignment: z.object({ matrix: z.base64(), offset: z.base64() }).optional(),
  encoding: z.object({ columns: z.array(z.int().min(0)), starts: z.base64(), slopes: z.base64() }).optional(),
  layers: z
    .array(z.object({ inputs: z.int(), outputs: z.int(), weights: z.base64(), bias: z.base64() }))
    .min(1),
});

/** JSON bytes of a head; float32 values as base64 of little-endian bytes. */
export function toHeadBytes(head: HeadWeights): Uint8Array {
  const stored: z.infer<typeof storedHeadSchema> = {
    inputs: [...head.inputs],
    mean: toBase64(head.mean),
    scale: toBase64(head.scale),
    ...(head.alignment && {
      alignment: { matrix: toBase64(head.alignment.matrix), offset: toBase64(head.alignment.offset) },
    }),
    ...(head.encoding && {
      encoding: {
        columns: [...head.encoding.columns],
        starts: toBase64(head.encoding.starts),
        slopes: toBase64(head.encoding.slopes),
      },
    }),
    layers: head.layers.map(({ inputs, outputs, weights, bias }) => ({
      inputs,
      outputs,
      weights: toBase64(weights),
      bias: toBase64(bias),
    })),
  };
  return new TextEncoder().encode(JSON.stringify(stored));
}

/**
 * Reads a head written by `toHeadBytes`.
 * @throws AppError FRAUD_MODEL_INVALID when shapes do not fit together
 */
export function parseHead(bytes: Uint8Array): HeadWeights {
  const parsed = storedHeadSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { detail: z.prettifyError(parsed.error) });
  const { inputs, mean, scale, alignment, encoding, layers } = parsed.data;
  const head: HeadWeights = {
    inputs,
    mean: fromBase64(mean),
    scale: fromBase64(scale),
    ...(alignment && {
      alignment: { matrix: fromBase64(alignment.matrix), offset: fromBase64(alignment.offset) },
    }),
    ...(encoding && {
      encoding: {
        columns: Int32Array.from(encoding.columns),
        starts: fromBase64(encoding.starts),
        slopes: fromBase64(encoding.slopes),
      },
    }),
    layers: layers.map((layer) => ({
      inputs: layer.inputs,
      outputs: layer.outputs,
      weights: fromBase64(layer.weights),
      bias: fromBase64(layer.bias),
    })),
  };
  if (!hasFittingShapes(head)) {
    throw new AppError('FRAUD_MODEL_INVALID', { detail: 'The layers of a head do not fit together.' });
  }
  return head;
}

function hasFittingShapes(head: HeadWeights): boolean {
  const { inputs, mean, scale, encoding, layers } = head;
  let width = firstWidthOf(head);
  for (const layer of layers) {
    const fits =
      layer.inputs === width &&
      layer.weights.length === layer.inputs * layer.outputs &&
      layer.bias.length === layer.outputs;
    if (!fits) return false;
    width = layer.outputs;
  }
  const isEncodingFitting =
    encoding === undefined ||
    (encoding.starts.length === encoding.columns.length &&
      encoding.slopes.length === encoding.columns.length &&
      encoding.columns.every((column) => column < inputs.length));
  const isAlignmentFitting = head.alignment === undefined || hasFittingSize(head.alignment, inputs.length);
  const isStandardised = mean.length === inputs.length && scale.length === inputs.length;
  return width === 1 && isStandardised && isEncodingFitting && isAlignmentFitting;
}

function toBase64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(bytes.byteLength >> 2);
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength));
  return values;
}
