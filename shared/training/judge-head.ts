// shared/training/judge-head.ts: average precision, AUC and recall of a head on a dataset, whole and by typology.

import { areaUnderCurve, averagePrecision, recallAtShare } from '../evaluation/metrics.ts';
import type { HeadRows } from '../head/fit-head.ts';
import { createPlainHead, type HeadWeights } from '../head/head-weights.ts';
import type { HeadDataset } from './head-dataset.ts';

/** How a ranking did. */
export interface Judgement {
  readonly averagePrecision: number;
  readonly areaUnderCurve: number;
  /** Share of the frauds within the review budget. */
  readonly recallAtBudget: number;
}

/** Raw scores of every row; `rows` may hold more columns than the head reads: they are matched by name. */
export function scoreRows(head: HeadWeights, rows: HeadRows): Float32Array {
  const plain = createPlainHead(head);
  const columns = head.inputs.map((name) => rows.inputs.indexOf(name));
  const row = new Float32Array(columns.length);
  const width = rows.inputs.length;
  return Float32Array.from({ length: rows.labels.length }, (_, index) => {
    columns.forEach((column, to) => {
      row[to] = rows.values[index * width + column] ?? 0;
    });
    return plain.scoreOne(row);
  });
}

/** @param reviewShare review budget, share of all transactions */
export function judge(scores: ArrayLike<number>, dataset: HeadDataset, reviewShare: number): Judgement {
  const ranking = { scores, labels: dataset.labels, weights: dataset.weights };
  return {
    averagePrecision: averagePrecision(ranking),
    areaUnderCurve: areaUnderCurve(ranking),
    recallAtBudget: recallAtShare(ranking, reviewShare),
  };
}

/** Frauds, and the share found at or above `threshold`, per typology, alphabetical. */
export function recallByTypology(
  scores: ArrayLike<number>,
  dataset: HeadDataset,
  threshold: number,
): Record<string, { frauds: number; found: number }> {
  const tally = new Map<string, { frauds: number; found: number }>();
  dataset.typologies.forEach((typology, row) => {
    if (dataset.labels[row] !== 1 || typology === undefined) return;
    const entry = tally.get(typology) ?? { frauds: 0, found: 0 };
    entry.frauds++;
    if ((scores[row] ?? 0) >= threshold) entry.found++;
    tally.set(typology, entry);
  });
  return Object.fromEntries([...tally].sort(([left], [right]) => left.localeCompare(right)));
}
