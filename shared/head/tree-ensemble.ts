// shared/head/tree-ensemble.ts: boosted symmetric trees as plain arrays: every level of a tree asks one question of all rows.

/** T trees of depth L. */
export interface TreeEnsemble {
  readonly depth: number;
  /** Column asked by each level, (T · L), first level first. */
  readonly columns: Int32Array;
  /** A row goes right where its value is above, (T · L). */
  readonly thresholds: Float32Array;
  /** What each leaf adds to the logit, (T · 2^L); the first level is the highest bit of a leaf's number. */
  readonly leaves: Float32Array;
}

export const treeCountOf = ({ columns, depth }: TreeEnsemble): number => columns.length / depth;

/** Sum of the leaves that a raw row falls into. */
export function scoreTrees({ depth, columns, thresholds, leaves }: TreeEnsemble, row: Float32Array): number {
  let sum = 0;
  const width = 1 << depth;
  for (let from = 0, tree = 0; from < columns.length; from += depth, tree++) {
    let leaf = 0;
    for (let level = from; level < from + depth; level++)
      leaf = 2 * leaf + ((row[columns[level] ?? 0] ?? 0) > (thresholds[level] ?? 0) ? 1 : 0);
    sum += leaves[tree * width + leaf] ?? 0;
  }
  return sum;
}

/** The same trees with every leaf multiplied. */
export const scaleTrees = (trees: TreeEnsemble, factor: number): TreeEnsemble => ({
  ...trees,
  leaves: trees.leaves.map((value) => value * factor),
});

/** True when sizes fit together and no column lies outside `inputs`. */
export function hasFittingTrees(
  { depth, columns, thresholds, leaves }: TreeEnsemble,
  inputs: number,
): boolean {
  const isWhole = depth > 0 && columns.length % depth === 0;
  return (
    isWhole &&
    thresholds.length === columns.length &&
    leaves.length === (columns.length / depth) * 2 ** depth &&
    columns.every((column) => column >= 0 && column < inputs)
  );
}
