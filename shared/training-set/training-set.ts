// shared/training-set/training-set.ts: the rows of a training set by columns, and how to cut out a window.
import { type LabelWindows, type WindowName, windowNames } from './windows.ts';

/** Rows by columns, in order of event time. */
export interface TrainingColumns {
  /** Names of the columns of `values`; D of them. */
  readonly inputs: readonly string[];
  /** (rows, D), row-major: readings ‖ features ‖ current event, as they were scored. */
  readonly values: Float32Array;
  /** 1 = fraud, 0 = genuine. */
  readonly labels: Uint8Array;
  /** How many transactions each row stands for. */
  readonly weights: Float32Array;
  /** Event time, ms. */
  readonly times: Float64Array;
  /** When the label became known, ms; NaN for genuine by maturity. */
  readonly knownAtMs: Float64Array;
  /** Card of each row, numbered by first appearance. */
  readonly cards: Uint32Array;
  /** Index into `windowNames`. */
  readonly windowOf: Uint8Array;
  readonly transactionIds: readonly string[];
  readonly portfolios: readonly string[];
  /** Terminal or merchant each was paid at; '' where none is known. */
  readonly merchants: readonly string[];
  /** What the champion of that day said: uncalibrated and calibrated. */
  readonly rawScores: Float64Array;
  readonly scores: Float64Array;
}

export interface TrainingSet extends TrainingColumns {
  /** Digest of what was read and how: equal ids, equal bytes. */
  readonly snapshotId: string;
  readonly cut: Date;
  readonly windows: LabelWindows;
  /** Names of the archive's files that were read: for lineage, not part of the id. */
  readonly inputFiles: readonly string[];
}

/** The rows of one window; arrays of their own, except `values`, which is a view. Windows follow each other in time. */
export function windowRows(set: TrainingColumns, name: WindowName): TrainingColumns {
  const wanted = windowNames.indexOf(name);
  const from = set.windowOf.indexOf(wanted);
  const first = Math.max(from, 0);
  const until = from < 0 ? 0 : set.windowOf.lastIndexOf(wanted) + 1;
  const width = set.inputs.length;
  return {
    inputs: set.inputs,
    values: set.values.subarray(first * width, until * width),
    labels: set.labels.slice(first, until),
    weights: set.weights.slice(first, until),
    times: set.times.slice(first, until),
    knownAtMs: set.knownAtMs.slice(first, until),
    cards: set.cards.slice(first, until),
    windowOf: set.windowOf.slice(first, until),
    transactionIds: set.transactionIds.slice(first, until),
    portfolios: set.portfolios.slice(first, until),
    merchants: set.merchants.slice(first, until),
    rawScores: set.rawScores.slice(first, until),
    scores: set.scores.slice(first, until),
  };
}

/** Copies of the rows that pass, in their order. */
export function selectTrainingRows(
  set: TrainingColumns,
  isWanted: (row: number) => boolean,
): TrainingColumns {
  const kept = Uint32Array.from(set.labels.keys()).filter((row) => isWanted(row));
  const width = set.inputs.length;
  const values = new Float32Array(kept.length * width);
  kept.forEach((row, at) => {
    values.set(set.values.subarray(row * width, (row + 1) * width), at * width);
  });
  const texts = (column: readonly string[]) => Array.from(kept, (row) => column[row] ?? '');
  return {
    inputs: set.inputs,
    values,
    labels: Uint8Array.from(kept, (row) => set.labels[row] ?? 0),
    weights: Float32Array.from(kept, (row) => set.weights[row] ?? 0),
    times: Float64Array.from(kept, (row) => set.times[row] ?? 0),
    knownAtMs: Float64Array.from(kept, (row) => set.knownAtMs[row] ?? Number.NaN),
    cards: Uint32Array.from(kept, (row) => set.cards[row] ?? 0),
    windowOf: Uint8Array.from(kept, (row) => set.windowOf[row] ?? 0),
    transactionIds: texts(set.transactionIds),
    portfolios: texts(set.portfolios),
    merchants: texts(set.merchants),
    rawScores: Float64Array.from(kept, (row) => set.rawScores[row] ?? 0),
    scores: Float64Array.from(kept, (row) => set.scores[row] ?? 0),
  };
}
