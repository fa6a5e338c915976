// shared/training/credit-rows.ts: accounts with what became of them, and their inputs described and encoded for the fit.
import { figures } from '../credit/credit-figures.ts';
import { encodedWidths, encodeRow, type NetworkInput } from '../credit/monotone-network.ts';

/** Accounts with what became of them. */
export interface CreditRows {
  readonly inputs: readonly string[];
  /** One row per account, in the order of `inputs`. */
  readonly rows: readonly Float32Array[];
  /** 1 = default, 0 = paid. */
  readonly labels: Uint8Array;
}

const KNOT_QUANTILES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98] as const;
const LEAST_SCALE = 1e-3;
export const figureOf = new Map(figures.map((figure) => [figure.name, figure]));

/** Mean, scale and knots of each input, from training rows alone. Readings are standardised without pieces: there are many of them. */
export function describeInputs({ inputs, rows }: CreditRows): NetworkInput[] {
  return inputs.map((name, column) => {
    const values = Float64Array.from(rows, (row) => row[column] ?? 0);
    const figure = figureOf.get(name);
    if (figure?.risingKnots) return { name, isRising: true, mean: 0, scale: 1, knots: figure.risingKnots };
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const scale = Math.max(LEAST_SCALE, Math.sqrt(variance));
    values.sort();
    const quantiles = KNOT_QUANTILES.map((share) => values[Math.floor(share * (values.length - 1))] ?? 0);
    const knots = figure ? [...new Set(quantiles)] : [];
    return { name, isRising: false, mean, scale, knots: knots.length > 1 ? knots : [] };
  });
}

export interface Encoded {
  readonly free: Float32Array; // (rows, F)
  readonly rising: Float32Array; // (rows, R)
  readonly widths: { readonly free: number; readonly rising: number };
}

export function encodeAll(inputs: readonly NetworkInput[], rows: readonly Float32Array[]): Encoded {
  const widths = encodedWidths(inputs);
  const free = new Float32Array(rows.length * widths.free);
  const rising = new Float32Array(rows.length * widths.rising);
  rows.forEach((row, index) => {
    encodeRow(inputs, row, {
      free: free.subarray(index * widths.free, (index + 1) * widths.free),
      rising: rising.subarray(index * widths.rising, (index + 1) * widths.rising),
    });
  });
  return { free, rising, widths };
}
