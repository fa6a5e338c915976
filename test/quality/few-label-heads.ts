// test/quality/few-label-heads.ts: heads for a handful of labelled cards, on the same rows: ours first, and what it is made of.
import { toTreeHead } from '../../shared/head/add-trees.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { fitLinearHead, type HeadRows, selectColumns } from '../../shared/head/fit-head.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { createPlainHead, type HeadWeights } from '../../shared/head/head-weights.ts';

export const fewLabelMethods = [
  'ours: mean logit of linear and trees',
  'linear on everything',
  'few-labels head (no embedding)',
  'trees on everything but the embedding',
] as const;
export type FewLabelMethod = (typeof fewLabelMethods)[number];

/** Small trees that see every row: a handful of cards is all there is. */
const treeOptions = {
  trees: 200,
  depth: 3,
  learningRate: 0.05,
  penalty: 1,
  columnShare: 0.3,
  steepShare: 0,
  rowShare: 1,
};

const isNoEmbedding = (name: string): boolean => !name.startsWith('embedding-');

function score(head: HeadWeights, { inputs, values, labels }: HeadRows): Float64Array {
  const plain = createPlainHead(head);
  const width = inputs.length;
  return Float64Array.from(labels, (_, row) =>
    plain.scoreOne(values.subarray(row * width, (row + 1) * width)),
  );
}

/** Raw scores of the test rows by every method. */
export function scoreFewLabels(
  train: HeadRows,
  test: HeadRows,
  seed: number,
): Map<FewLabelMethod, Float64Array> {
  const linear = score(fitLinearHead(train), test);
  const chosen = selectColumns(train, isNoEmbedding);
  const fitted = fitTrees(chosen, { ...treeOptions, seed });
  const trees = score(toTreeHead(chosen, fitted), selectColumns(test, isNoEmbedding));
  return new Map<FewLabelMethod, Float64Array>([
    ['ours: mean logit of linear and trees', linear.map((value, row) => (value + (trees[row] ?? 0)) / 2)],
    ['linear on everything', linear],
    ['few-labels head (no embedding)', score(fitFewLabelsHead(train), test)],
    ['trees on everything but the embedding', trees],
  ]);
}
