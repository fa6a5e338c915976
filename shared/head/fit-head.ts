// shared/head/fit-head.ts: training rows → standardisation and a head; the linear one here, the MLP in shared/training/fit-mlp.ts.
import { type HeadLayer, type HeadWeights, standardise } from './head-weights.ts';
import { DEFAULT_C, fitLogisticRegression } from './logistic-regression.ts';

/** Rows of a training set, raw (not standardised). */
export interface HeadRows {
  /** Names of the columns. */
  readonly inputs: readonly string[];
  /** (rows, D), row-major. */
  readonly values: Float32Array;
  /** 1 = fraud, 0 = genuine. */
  readonly labels: Uint8Array;
  /** Importance of each row in the loss; 1 when absent. */
  readonly weights?: Float32Array | undefined;
}

export interface LinearHeadOptions {
  /** Inverse strength of the penalty. */
  readonly c?: number;
  /** Columns whose name starts with a key are multiplied by its value after standardising: the penalty then spares them. */
  readonly emphasis?: Readonly<Record<string, number>>;
}

/** recipe.md: forecasts × 2. */
export const forecastEmphasis: Readonly<Record<string, number>> = { 'forecast-': 2 };

/** Columns that hardly vary would turn noise into large numbers: the smallest scale allowed. */
const LEAST_SCALE = 1e-3;

export type Standardisation = Pick<HeadWeights, 'mean' | 'scale'>;

/** Mean and standard deviation of every column, (D) each. */
export function measureStandardisation({ inputs, values }: HeadRows): Standardisation {
  const columns = inputs.length;
  const rows = values.length / columns;
  const sums = new Float64Array(columns);
  for (let at = 0; at < values.length; at++)
    sums[at % columns] = (sums[at % columns] ?? 0) + (values[at] ?? 0);
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  const squares = new Float64Array(columns);
  for (let at = 0; at < values.length; at++) {
    const column = at % columns;
    squares[column] = (squares[column] ?? 0) + ((values[at] ?? 0) - (mean[column] ?? 0)) ** 2;
  }
  const scale = Float32Array.from(squares, (square) => Math.max(LEAST_SCALE, Math.sqrt(square / rows)));
  return { mean, scale };
}

/** All rows standardised, (rows, D). */
export function standardiseRows(
  { inputs, values }: HeadRows,
  standardisation: Standardisation,
): Float32Array {
  const columns = inputs.length;
  const output = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += columns) {
    standardise(
      standardisation,
      values.subarray(start, start + columns),
      output.subarray(start, start + columns),
    );
  }
  return output;
}

/** A linear head, strongly regularised: right when labels are few (recipe.md). Deterministic. */
export function fitLinearHead(rows: HeadRows, options: LinearHeadOptions = {}): HeadWeights {
  const standardisation = emphasise(
    measureStandardisation(rows),
    rows.inputs,
    options.emphasis ?? forecastEmphasis,
  );
  const { weights, bias } = fitLogisticRegression(
    {
      values: standardiseRows(rows, standardisation),
      columns: rows.inputs.length,
      labels: rows.labels,
      weights: rows.weights,
    },
    options.c ?? DEFAULT_C,
  );
  const layer: HeadLayer = { inputs: rows.inputs.length, outputs: 1, weights, bias: Float32Array.of(bias) };
  return { inputs: rows.inputs, ...standardisation, layers: [layer] };
}

/** Columns whose name starts with a key of `emphasis` come out multiplied by its value. */
export function emphasise(
  { mean, scale }: Standardisation,
  inputs: readonly string[],
  emphasis: Readonly<Record<string, number>>,
): Standardisation {
  const prefixes = Object.entries(emphasis);
  const factors = inputs.map((name) => prefixes.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 1);
  return { mean, scale: scale.map((value, column) => value / (factors[column] ?? 1)) };
}

/** Copies the columns whose name passes `isWanted`: ablations and the features-only head are made of these. */
export function selectColumns(rows: HeadRows, isWanted: (name: string) => boolean): HeadRows {
  const kept = rows.inputs.flatMap((name, column) => (isWanted(name) ? [column] : []));
  const width = rows.inputs.length;
  const count = rows.labels.length;
  const values = new Float32Array(count * kept.length);
  for (let row = 0; row < count; row++) {
    kept.forEach((column, to) => {
      values[row * kept.length + to] = rows.values[row * width + column] ?? 0;
    });
  }
  return { ...rows, inputs: kept.map((column) => rows.inputs[column] ?? ''), values };
}
