// shared/training/start-mlp.ts: what an MLP head begins with: measured inputs and new weights, or a fitted head to go on from.
import { emphasise, type HeadRows, measureStandardisation, type Standardisation } from '../head/fit-head.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { fitPiecewise, type PiecewiseEncoding } from '../head/piecewise.ts';
import type { TensorFlow } from './backend.ts';
import type { TrainableLayer } from './fit-mlp.ts';

export interface StartSettings {
  readonly hidden: readonly number[];
  readonly emphasis: Readonly<Record<string, number>>;
  readonly encode?: ((name: string) => boolean) | undefined;
  readonly start?: HeadWeights | undefined;
}

export interface PreparedInputs {
  /** The head to go on from; undefined: a fresh start. */
  readonly start: HeadWeights | undefined;
  readonly standardisation: Standardisation;
  readonly encoding: PiecewiseEncoding | undefined;
}

/** A head goes on with the standardisation it was fitted with: its weights mean nothing under another. */
export function prepareInputs(rows: HeadRows, settings: StartSettings): PreparedInputs {
  const { start, hidden, emphasis, encode } = settings;
  if (start && canStartFrom(start, rows, hidden)) {
    const { mean, scale } = start;
    return { start, standardisation: { mean, scale }, encoding: undefined };
  }
  return {
    start: undefined,
    standardisation: emphasise(measureStandardisation(rows), rows.inputs, emphasis),
    encoding: encode && fitPiecewise(rows, encode),
  };
}

/** True for a plain MLP over the same inputs with the same hidden layers. */
function canStartFrom(start: HeadWeights, rows: HeadRows, hidden: readonly number[]): boolean {
  const isPlain = !start.encoding && !start.trees && !start.alignment;
  return (
    isPlain &&
    start.inputs.join(' ') === rows.inputs.join(' ') &&
    start.layers.map(({ outputs }) => outputs).join(' ') === [...hidden, 1].join(' ')
  );
}

/** Its layers as they are. */
export function continueLayers(tf: TensorFlow, { layers }: HeadWeights): TrainableLayer[] {
  return layers.map(({ inputs, outputs, weights, bias }) => ({
    inputs,
    outputs,
    weights: tf.variable(tf.tensor2d(weights, [inputs, outputs])),
    bias: tf.variable(tf.tensor1d(bias)),
  }));
}
