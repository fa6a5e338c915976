// shared/head/fit-linear-and-trees.ts: the few-labels head beside shallow trees on the same rows: the mean of their logits as one head.
import { addTrees } from './add-trees.ts';
import { fitFewLabelsHead } from './fit-few-labels-head.ts';
import { type HeadRows, selectColumns } from './fit-head.ts';
import { type FittedTrees, fitTrees } from './fit-trees.ts';
import type { HeadWeights } from './head-weights.ts';

/** Shallow, and every tree sees every row: a handful of cards is all there is. */
export const shallowTrees = {
  trees: 200,
  depth: 3,
  learningRate: 0.05,
  penalty: 1,
  columnShare: 0.3,
  steepShare: 0,
  rowShare: 1,
} as const;

/** Coordinates of the embedding are as many columns as all others together, each saying little. */
const isAsked = (name: string): boolean => !name.startsWith('embedding-');

/** Trees that ask about some inputs, as trees over all of them. */
function spreadTrees(
  { trees, bias }: FittedTrees,
  from: readonly string[],
  to: readonly string[],
): FittedTrees {
  const columnOf = new Map(to.map((name, column) => [name, column]));
  const columns = trees.columns.map((column) => columnOf.get(from[column] ?? '') ?? 0);
  return { bias, trees: { ...trees, columns } };
}

/** Deterministic for a seed. Works without readings too: then it is the fair rival to the same head with them. */
export function fitLinearAndTrees(
  rows: HeadRows,
  { seed, onProgress }: { readonly seed: number; readonly onProgress?: (share: number) => void },
): HeadWeights {
  const asked = selectColumns(rows, isAsked);
  const fitted = fitTrees(asked, { ...shallowTrees, seed, ...(onProgress && { onProgress }) });
  return addTrees(fitFewLabelsHead(rows), spreadTrees(fitted, asked.inputs, rows.inputs));
}
