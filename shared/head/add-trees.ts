// shared/head/add-trees.ts: boosted trees as a head, alone or beside another head: the logits' weighted mean as one head.
import type { HeadRows } from './fit-head.ts';
import { measureStandardisation } from './fit-head.ts';
import type { FittedTrees } from './fit-trees.ts';
import type { HeadWeights } from './head-weights.ts';
import { scaleTrees, type TreeEnsemble } from './tree-ensemble.ts';

/** A head of trees alone: its layer says the base rate. */
export function toTreeHead(rows: HeadRows, { trees, bias }: FittedTrees): HeadWeights {
  const columns = rows.inputs.length;
  const layer = {
    inputs: columns,
    outputs: 1,
    weights: new Float32Array(columns),
    bias: Float32Array.of(bias),
  };
  return { inputs: rows.inputs, ...measureStandardisation(rows), layers: [layer], trees };
}

/**
 * `head` without trees of its own and trees on the same inputs as one head.
 * @param share weight of the trees' logit; the rest is the head's
 */
export function addTrees(head: HeadWeights, { trees, bias }: FittedTrees, share = 0.5): HeadWeights {
  const last = head.layers.length - 1;
  const layers = head.layers.map((layer, index) =>
    index < last
      ? layer
      : {
          ...layer,
          weights: layer.weights.map((value) => value * (1 - share)),
          bias: layer.bias.map((value) => value * (1 - share) + share * bias),
        },
  );
  return { ...head, layers, trees: scaleTrees(trees, share) };
}

/** Ensembles of one depth one after another, each with its part: the mean of their logits. */
export function averageTrees(fitted: readonly FittedTrees[]): FittedTrees {
  const part = 1 / Math.max(1, fitted.length);
  const join = (pick: (trees: TreeEnsemble) => Iterable<number>) =>
    fitted.flatMap(({ trees }) => [...pick(trees)]);
  return {
    bias: fitted.reduce((sum, { bias }) => sum + bias * part, 0),
    trees: {
      depth: fitted[0]?.trees.depth ?? 1,
      columns: Int32Array.from(join(({ columns }) => columns)),
      thresholds: Float32Array.from(join(({ thresholds }) => thresholds)),
      leaves: Float32Array.from(
        join(({ leaves }) => leaves),
        (value) => value * part,
      ),
    },
  };
}
