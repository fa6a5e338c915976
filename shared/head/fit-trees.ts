// shared/head/fit-trees.ts: gradient boosting of symmetric trees on binned columns, log-loss, Newton steps. Seeded, plain arithmetic.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { baseLogOdds } from './base-log-odds.ts';
import { type BinnedColumns, binColumns } from './bin-columns.ts';
import type { HeadRows } from './fit-head.ts';
import { createLevelSearch, type LevelSearch } from './search-split.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';

export interface TreeOptions {
  readonly seed: number;
  readonly trees?: number;
  /** Questions per tree. */
  readonly depth?: number;
  readonly learningRate?: number;
  /** Added to the curvature of every leaf: small leaves say little. */
  readonly penalty?: number;
  /** Share of the columns that a tree may ask about. */
  readonly columnShare?: number;
  /** A tree sees the rows with the steepest loss, this share of all … */
  readonly steepShare?: number;
  /** … and this share of the others. */
  readonly rowShare?: number;
  readonly onProgress?: (share: number) => void;
}

export interface FittedTrees {
  readonly trees: TreeEnsemble;
  /** Log odds of the base rate: what the trees are added to. */
  readonly bias: number;
}

const defaults = {
  trees: 300,
  depth: 6,
  learningRate: 0.05,
  penalty: 5,
  columnShare: 0.5,
  steepShare: 0.1,
  rowShare: 0.15,
};

/** Room of one fit. */
interface Fit {
  readonly binned: BinnedColumns;
  readonly labels: Uint8Array;
  readonly weights: Float32Array | undefined;
  /** Logit of every row so far. */
  readonly logits: Float64Array;
  readonly gradients: Float64Array;
  readonly curvatures: Float64Array;
  /** Leaf of every row in the tree being grown. */
  readonly leafOf: Uint8Array;
}

/** Boosts trees on raw rows. Deterministic for a seed. */
export function fitTrees(rows: HeadRows, options: TreeOptions): FittedTrees {
  const settings = { ...defaults, ...options };
  const { depth } = settings;
  const count = rows.labels.length;
  const bias = baseLogOdds(rows);
  const fit: Fit = {
    binned: binColumns(rows),
    labels: rows.labels,
    weights: rows.weights,
    logits: new Float64Array(count).fill(bias),
    gradients: new Float64Array(count),
    curvatures: new Float64Array(count),
    leafOf: new Uint8Array(count),
  };
  const generator = xoroshiro128plus(settings.seed);
  const search = createLevelSearch(fit.binned, settings.penalty);
  const columns = new Int32Array(settings.trees * depth);
  const thresholds = new Float32Array(settings.trees * depth);
  const leaves = new Float32Array(settings.trees << depth);
  for (let tree = 0; tree < settings.trees; tree++) {
    measureSlopes(fit);
    const drawn = {
      ...drawRows(fit.gradients, settings, generator),
      columns: drawColumns(fit.binned.usable, settings.columnShare, generator),
    };
    growTree(fit, search, drawn, {
      columns: columns.subarray(tree * depth, (tree + 1) * depth),
      thresholds: thresholds.subarray(tree * depth, (tree + 1) * depth),
    });
    const own = leaves.subarray(tree << depth, (tree + 1) << depth);
    fillLeaves(fit, own, settings);
    for (let row = 0; row < count; row++)
      fit.logits[row] = (fit.logits[row] ?? 0) + (own[fit.leafOf[row] ?? 0] ?? 0);
    options.onProgress?.((tree + 1) / settings.trees);
  }
  return { trees: { depth, columns, thresholds, leaves }, bias };
}

function measureSlopes({ labels, weights, logits, gradients, curvatures }: Fit): void {
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    const probability = 1 / (1 + Math.exp(-(logits[row] ?? 0)));
    gradients[row] = weight * (probability - (labels[row] ?? 0));
    curvatures[row] = weight * probability * (1 - probability);
  }
}

interface DrawnRows {
  readonly rows: Int32Array;
  /** What a row's derivatives are multiplied by: rows drawn by chance stand for those that were not. */
  readonly factors: Float64Array;
}

/** |gradient| that about `share` of the rows exceed, from an even sample of them. */
function steepFrom(gradients: Float64Array, share: number): number {
  const every = Math.max(1, Math.floor(gradients.length / 4_000));
  const sample: number[] = [];
  for (let row = 0; row < gradients.length; row += every) sample.push(Math.abs(gradients[row] ?? 0));
  sample.sort((left, right) => left - right);
  return sample[Math.floor((1 - share) * (sample.length - 1))] ?? 0;
}

/** Rows the trees still get wrong, all of them, and a share of the others by chance (gradient-based one-side sampling, LightGBM). */
function drawRows(
  gradients: Float64Array,
  { steepShare, rowShare }: { readonly steepShare: number; readonly rowShare: number },
  generator: RandomGenerator,
): DrawnRows {
  const steep = steepShare > 0 ? steepFrom(gradients, steepShare) : Number.POSITIVE_INFINITY;
  const rows = new Int32Array(gradients.length);
  const factors = new Float64Array(gradients.length);
  let kept = 0;
  for (let row = 0; row < gradients.length; row++) {
    const isSteep = Math.abs(gradients[row] ?? 0) > steep;
    if (!isSteep && uniformFloat64(generator) >= rowShare) continue;
    rows[kept] = row;
    factors[kept++] = isSteep ? 1 : 1 / rowShare;
  }
  return { rows: rows.subarray(0, kept), factors: factors.subarray(0, kept) };
}

function drawColumns(usable: readonly number[], share: number, generator: RandomGenerator): number[] {
  const pool = [...usable];
  const wanted = Math.max(1, Math.round(share * pool.length));
  for (let at = 0; at < Math.min(wanted, pool.length); at++) {
    const other = uniformInt(generator, at, pool.length - 1);
    [pool[at], pool[other]] = [pool[other] ?? 0, pool[at] ?? 0];
  }
  return pool.slice(0, wanted);
}

/** Chooses the question of every level, and leaves every row's leaf in `leafOf`. */
function growTree(
  fit: Fit,
  search: LevelSearch,
  drawn: DrawnRows & { readonly columns: readonly number[] },
  tree: { readonly columns: Int32Array; readonly thresholds: Float32Array },
): void {
  const { binned, leafOf } = fit;
  leafOf.fill(0);
  search.begin(drawn, fit.gradients, fit.curvatures);
  for (let level = 0; level < tree.columns.length; level++) {
    const { column, bin } = search.findBest(drawn.columns, leafOf, 1 << level);
    tree.columns[level] = column;
    tree.thresholds[level] = binned.cuts[column]?.[bin] ?? Number.POSITIVE_INFINITY;
    const bins = binned.bins[column] ?? new Uint8Array(leafOf.length);
    for (let row = 0; row < leafOf.length; row++)
      leafOf[row] = 2 * (leafOf[row] ?? 0) + ((bins[row] ?? 0) > bin ? 1 : 0);
  }
}

/** Newton step of every leaf, over all rows. */
function fillLeaves(
  { leafOf, gradients, curvatures }: Fit,
  leaves: Float32Array,
  { penalty, learningRate }: { readonly penalty: number; readonly learningRate: number },
): void {
  const slopes = new Float64Array(leaves.length);
  const bends = new Float64Array(leaves.length);
  for (let row = 0; row < leafOf.length; row++) {
    const leaf = leafOf[row] ?? 0;
    slopes[leaf] = (slopes[leaf] ?? 0) + (gradients[row] ?? 0);
    bends[leaf] = (bends[leaf] ?? 0) + (curvatures[row] ?? 0);
  }
  for (let leaf = 0; leaf < leaves.length; leaf++)
    leaves[leaf] = (-learningRate * (slopes[leaf] ?? 0)) / ((bends[leaf] ?? 0) + penalty);
}
