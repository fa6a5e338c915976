// shared/evaluation/ablation.ts: several methods on the same rows beside one of them: the table that claims must follow.
import {
  differenceOf,
  type Estimate,
  estimateOf,
  type Fold,
  type ResampleOptions,
  resampleCards,
} from './resample-cards.ts';

export interface AblationRow {
  readonly method: string;
  readonly averagePrecision: Estimate;
  readonly areaUnderCurve: Estimate;
  /** This method minus the baseline, on the same draws of cards; absent for the baseline itself. */
  readonly averagePrecisionDifference?: Estimate;
  readonly areaUnderCurveDifference?: Estimate;
}

export interface AblationTable {
  readonly baseline: string;
  readonly folds: number;
  readonly rows: number;
  readonly frauds: number;
  readonly methods: readonly AblationRow[];
}

/**
 * Measures every method of the folds against `baseline`, in the order given. Folds count alike; several columns of a method (seeds)
 * count as their mean.
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE for rows or scores that cannot be judged
 */
export function compareMethods(
  folds: readonly Fold[],
  baseline: string,
  options: ResampleOptions = {},
): AblationTable {
  const resampled = resampleCards(folds, options);
  const base = resampled.get(baseline);
  const methods = [...resampled].map(([method, figures]) => ({
    method,
    averagePrecision: estimateOf(figures, 'averagePrecision'),
    areaUnderCurve: estimateOf(figures, 'areaUnderCurve'),
    ...(base !== undefined &&
      method !== baseline && {
        averagePrecisionDifference: differenceOf(figures, base, 'averagePrecision'),
        areaUnderCurveDifference: differenceOf(figures, base, 'areaUnderCurve'),
      }),
  }));
  const sumOf = (count: (fold: Fold) => number) => folds.reduce((sum, fold) => sum + count(fold), 0);
  return {
    baseline,
    folds: folds.length,
    rows: sumOf(({ rows }) => rows.label.length),
    frauds: sumOf(({ rows }) => rows.label.reduce((frauds, label) => frauds + label, 0)),
    methods,
  };
}
