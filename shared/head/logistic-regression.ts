// shared/head/logistic-regression.ts: strongly regularised logistic regression by L-BFGS, for when labels are few.
import { baseLogOdds } from './base-log-odds.ts';
import { minimize } from './minimize.ts';

/** Rows for a fit: row-major float32, already standardised. */
export interface FitRows {
  /** (rows, columns), row-major. */
  readonly values: Float32Array;
  readonly columns: number;
  /** 1 = fraud, 0 = genuine. */
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}

/** Coefficients on the standardised columns. */
export interface LinearFit {
  readonly weights: Float32Array;
  readonly bias: number;
  readonly iterations: number;
}

/** Inverse strength of the penalty; recipe.md: .01 on standardised inputs for a handful of labelled cards. */
export const DEFAULT_C = 0.01;

/** Minimises ½‖w‖² + C · Σ weight · log-loss; the bias is not penalised. Deterministic. */
export function fitLogisticRegression(rows: FitRows, c = DEFAULT_C): LinearFit {
  const { columns } = rows;
  const start = new Float64Array(columns + 1);
  start[columns] = baseLogOdds(rows);
  const { point, iterations } = minimize(start, (at, gradient) => lossAt(rows, c, { at, gradient }));
  return { weights: Float32Array.from(point.subarray(0, columns)), bias: point[columns] ?? 0, iterations };
}

interface LossPoint {
  /** Coefficients, bias last: (columns + 1). */
  readonly at: Float64Array;
  /** Filled with the gradient there. */
  readonly gradient: Float64Array;
}

function lossAt(
  { values, columns, labels, weights }: FitRows,
  c: number,
  { at, gradient }: LossPoint,
): number {
  let loss = 0;
  for (let column = 0; column < columns; column++) {
    const weight = at[column] ?? 0;
    loss += 0.5 * weight * weight;
    gradient[column] = weight;
  }
  gradient[columns] = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * columns;
    let logit = at[columns] ?? 0;
    for (let column = 0; column < columns; column++)
      logit += (values[start + column] ?? 0) * (at[column] ?? 0);
    const label = labels[row] ?? 0;
    const importance = c * (weights?.[row] ?? 1);
    // log(1 + e^z) − y z, written so that neither end overflows.
    loss += importance * (Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - label * logit);
    const slope = importance * (1 / (1 + Math.exp(-logit)) - label);
    for (let column = 0; column < columns; column++) {
      gradient[column] = (gradient[column] ?? 0) + slope * (values[start + column] ?? 0);
    }
    gradient[columns] = (gradient[columns] ?? 0) + slope;
  }
  return loss;
}
