// shared/head/head-weights.ts: weights of a head (linear, MLP, boosted trees, or sums of them) and its forward pass in plain arithmetic.
import { type Alignment, align } from './alignment.ts';
import { encodePiecewise, type PiecewiseEncoding } from './piecewise.ts';
import { scoreTrees, type TreeEnsemble } from './tree-ensemble.ts';

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
  /** When present added to the logit of the layers; they read the inputs as given (aligned, not standardised). */
  readonly trees?: TreeEnsemble | undefined;
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
      const logit = runLayers(head.layers, first, activations);
      return head.trees ? logit + scoreTrees(head.trees, row) : logit;
    },
  };
}

/** The last layer's only output; ReLU between layers. */
function runLayers(
  layers: readonly HeadLayer[],
  first: Float32Array,
  activations: readonly Float32Array[],
): number {
  let input = first;
  for (let index = 0; index < layers.length; index++) {
    const layer = layers[index];
    const output = activations[index];
    if (!layer || !output) break;
    runLayer(layer, input, output);
    if (index < layers.length - 1) rectify(output);
    input = output;
  }
  return input[0] ?? 0;
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
