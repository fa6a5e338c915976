// shared/head/piecewise.ts: piecewise-linear encoding of numbers: each input as shares of intervals between its own quantiles, fine in the tails.

/** Intervals of inputs; encoded value k = clip((x[columns[k]] − starts[k]) · slopes[k], 0, 1). K of each. */
export interface PiecewiseEncoding {
  readonly columns: Int32Array;
  /** Lower ends of the intervals, in units of the input. */
  readonly starts: Float32Array;
  /** 1 / width of the intervals. */
  readonly slopes: Float32Array;
}

/** Upper tails are where fraud is: recipe of the benchmark study. */
export const defaultQuantiles: readonly number[] = [
  0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.9995, 1,
];

/** Intervals narrower than this share of an input's range are joined: they would turn rounding into steps. */
const LEAST_SHARE = 1e-5;

export interface EncodingRows {
  readonly inputs: readonly string[];
  /** (rows, D), row-major. */
  readonly values: Float32Array;
}

/**
 * Intervals between the quantiles of the inputs that pass. An input with few values (a flag) has an interval between each two.
 * @param isWanted which inputs are encoded
 */
export function fitPiecewise(
  { inputs, values }: EncodingRows,
  isWanted: (name: string) => boolean,
  quantiles: readonly number[] = defaultQuantiles,
): PiecewiseEncoding {
  const width = inputs.length;
  const rows = values.length / width;
  const columns: number[] = [];
  const starts: number[] = [];
  const slopes: number[] = [];
  inputs.forEach((name, column) => {
    if (!isWanted(name) || rows === 0) return;
    const sorted = Float32Array.from({ length: rows }, (_, row) => values[row * width + column] ?? 0).sort();
    const knots = toKnots(sorted, quantiles);
    for (let at = 1; at < knots.length; at++) {
      const [from = 0, to = 0] = [knots[at - 1], knots[at]];
      columns.push(column);
      starts.push(from);
      slopes.push(1 / (to - from));
    }
  });
  return {
    columns: Int32Array.from(columns),
    starts: Float32Array.from(starts),
    slopes: Float32Array.from(slopes),
  };
}

/** Ascending, distinct. */
function toKnots(sorted: Float32Array, quantiles: readonly number[]): number[] {
  const last = sorted.length - 1;
  const least = LEAST_SHARE * ((sorted[last] ?? 0) - (sorted[0] ?? 0));
  const knots: number[] = [];
  for (const quantile of quantiles) {
    const value = sorted[Math.round(quantile * last)] ?? 0;
    const before = knots.at(-1);
    if (before === undefined || value - before > least) knots.push(value);
  }
  return knots;
}

/** Writes the encoded values of a raw row, (K), to `output` from `at` on. */
export function encodePiecewise(
  { columns, starts, slopes }: PiecewiseEncoding,
  row: Float32Array,
  output: Float32Array,
  at: number,
): void {
  for (let index = 0; index < columns.length; index++) {
    const value = ((row[columns[index] ?? 0] ?? 0) - (starts[index] ?? 0)) * (slopes[index] ?? 0);
    output[at + index] = Math.max(0, Math.min(1, value));
  }
}
