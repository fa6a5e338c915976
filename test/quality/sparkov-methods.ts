// test/quality/sparkov-methods.ts: ways to score Sparkov from a handful of labelled cards: our heads, what they are made of, and the rivals; scores are kept.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { toTreeHead } from '../../shared/head/add-trees.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { fitLinearHead, type HeadRows, selectColumns } from '../../shared/head/fit-head.ts';
import { shallowTrees } from '../../shared/head/fit-linear-and-trees.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { createPlainHead, type HeadWeights } from '../../shared/head/head-weights.ts';
import { scoreByBoosting } from './boosting.ts';
import { readNpy, writeNpy } from './npy.ts';
import type { Draw } from './sparkov-data.ts';
import { type Families, type Readings, selectRows } from './sparkov-readings.ts';
import { type SparkovStore, sparkovCache } from './sparkov-store.ts';

/** The 21 streaming features of the published comparison, as the product computes them. */
const published = new Set(
  [
    ['amountLog', 'levelDifference', 'levelZ', 'categoryDifference', 'gap', 'categoryGap'],
    ['hourSin', 'hourCos', 'weekend', 'night', 'newMerchant'],
    ['cardCountShort', 'cardCountMiddle', 'cardCountLong'],
    ['cardMeanShort', 'cardMeanMiddle', 'cardMeanLong', 'cardMeanRatio'],
    ['merchantCountShort', 'merchantCountMiddle', 'merchantCountLong'],
  ]
    .flat()
    .map((name) => `feature-${name}`),
);

export interface Method {
  readonly name: string;
  /** Encoder whose readings it sees. */
  readonly readings: 'adapted' | 'untrained' | 'none';
  readonly head: 'few labels' | 'linear' | 'linear and trees' | 'boosting';
  readonly families: Omit<Families, 'readings'>;
  /** Inputs it does not see. */
  readonly isLeftOut?: (input: string) => boolean;
}

const everything = { features: true, event: true } as const;
const startsWith = (prefix: string) => (name: string) => name.startsWith(prefix);

/** Ours first, then controls, then rivals. */
export const budgetMethods: readonly Method[] = [
  { name: 'few-labels head', readings: 'adapted', head: 'few labels', families: everything },
  {
    name: 'linear head and trees, mean logit',
    readings: 'adapted',
    head: 'linear and trees',
    families: everything,
  },
  {
    name: 'few-labels head, random weights',
    readings: 'untrained',
    head: 'few labels',
    families: everything,
  },
  { name: 'few-labels head, features alone', readings: 'none', head: 'few labels', families: everything },
  {
    name: 'boosting, 21 features',
    readings: 'none',
    head: 'boosting',
    families: { features: true },
    isLeftOut: (name) => !published.has(name),
  },
  {
    name: 'boosting, 21 features and hand-made bursts',
    readings: 'none',
    head: 'boosting',
    families: { features: true, bursts: true },
    isLeftOut: (name) => !published.has(name) && !name.startsWith('burst-'),
  },
  { name: 'boosting, all features and event', readings: 'none', head: 'boosting', families: everything },
];

const ablated = { readings: 'adapted', head: 'linear', families: everything } as const;
/** Each of the three readings left out of the head that sees all of them, and out of the few-labels head. */
export const ablationMethods: readonly Method[] = [
  { ...ablated, name: 'linear, everything' },
  { ...ablated, name: 'linear, without the embedding', isLeftOut: startsWith('embedding-') },
  { ...ablated, name: 'linear, without forecasts', isLeftOut: startsWith('forecast-') },
  { ...ablated, name: 'linear, without surprises', isLeftOut: startsWith('surprise-') },
  { ...ablated, name: 'linear, readings alone', families: {} },
  { ...ablated, name: 'linear, readings and event', families: { event: true } },
  { ...ablated, name: 'linear, random weights', readings: 'untrained' },
  { ...ablated, name: 'linear, features and event', readings: 'none' },
  { ...ablated, head: 'few labels', name: 'few labels (sees no embedding)' },
  {
    ...ablated,
    head: 'few labels',
    name: 'few labels, without forecasts',
    isLeftOut: startsWith('forecast-'),
  },
  {
    ...ablated,
    head: 'few labels',
    name: 'few labels, without surprises',
    isLeftOut: startsWith('surprise-'),
  },
  { ...ablated, head: 'few labels', name: 'few labels, random weights', readings: 'untrained' },
];

export interface Contest {
  readonly store: SparkovStore;
  readonly testRows: Int32Array;
  readonly readings: Readonly<
    Record<'adapted' | 'untrained', { readonly name: string; readonly read: Readings }>
  >;
  readonly draws: readonly Draw[];
  /** Ours learns from one genuine labelled row in so many, weighted; boosting always from all. */
  readonly labelledEvery: number;
}

function scoreHead(head: HeadWeights, { inputs, values, labels }: HeadRows): Float64Array {
  const plain = createPlainHead(head);
  const width = inputs.length;
  return Float64Array.from(labels, (_, row) =>
    plain.scoreOne(values.subarray(row * width, (row + 1) * width)),
  );
}

function scoreTreesOf(train: HeadRows, test: HeadRows, seed: number): Float64Array {
  const chosen = selectColumns(train, (name) => !name.startsWith('embedding-'));
  const trees = toTreeHead(chosen, fitTrees(chosen, { ...shallowTrees, seed }));
  return scoreHead(
    trees,
    selectColumns(test, (name) => !name.startsWith('embedding-')),
  );
}

function fitAndScore(head: Method['head'], train: HeadRows, test: HeadRows, seed: number): Float64Array {
  if (head === 'few labels') return scoreHead(fitFewLabelsHead(train), test);
  const linear = scoreHead(fitLinearHead(train), test);
  if (head === 'linear') return linear;
  const trees = scoreTreesOf(train, test, seed);
  return linear.map((value, row) => (value + (trees[row] ?? 0)) / 2);
}

/** Rows that a draw labels: all rows before the cut of its cards; thinned, all frauds and one genuine row in `every`. */
export const rowsOf = ({ rowsOfCard, labels }: SparkovStore, draw: Draw, every = 1): number[] =>
  [...draw.fraudCards, ...draw.genuineCards]
    .flatMap((card) => rowsOfCard.get(card) ?? [])
    .filter((row, index) => labels[row] === 1 || index % every === 0);

function boost({ store, testRows, draws }: Contest, { families, isLeftOut }: Method): Float64Array[] {
  const all = [...new Set([...draws.flatMap((draw) => rowsOf(store, draw)), ...testRows])];
  const placeOf = new Map(all.map((row, place) => [row, place]));
  const places = (rows: ArrayLike<number>) => Array.from(rows, (row) => placeOf.get(row) ?? 0);
  const { inputs, values, labels } = leaveOut(selectRows(store, all, families), isLeftOut);
  return scoreByBoosting({
    features: values,
    columns: inputs.length,
    labels,
    testRows: Int32Array.from(places(testRows)),
    draws: draws.map((draw) => places(rowsOf(store, draw))),
  });
}

const leaveOut = (rows: HeadRows, isLeftOut: Method['isLeftOut']): HeadRows =>
  isLeftOut ? selectColumns(rows, (name) => !isLeftOut(name)) : rows;

function fileOf(contest: Contest, method: Method, draw: Draw): string {
  const seen = method.readings === 'none' ? 'none' : contest.readings[method.readings].name;
  const every = method.head === 'boosting' ? 1 : contest.labelledEvery;
  const facts = [method.name, method.head, seen, contest.testRows.length, every, draw];
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 20);
  return join(sparkovCache(), 'scores', `${key}.npy`);
}

/** Scores of the test rows, one column per draw; those that were made before are read. */
export function scoreByMethod(contest: Contest, method: Method): Float64Array[] {
  const { store, testRows, draws } = contest;
  const files = draws.map((draw) => fileOf(contest, method, draw));
  const isMissing = (index: number) => !existsSync(files[index] ?? '');
  const missing = [...draws.keys()].filter(isMissing);
  mkdirSync(join(sparkovCache(), 'scores'), { recursive: true });
  const save = (index: number, scores: Float64Array) =>
    writeNpy(files[index] ?? '', Float32Array.from(scores), [scores.length]);
  if (missing.length > 0 && method.head === 'boosting') {
    const made = boost({ ...contest, draws: missing.flatMap((index) => draws[index] ?? []) }, method);
    for (const [at, index] of missing.entries()) save(index, made[at] ?? new Float64Array());
  } else if (missing.length > 0) {
    const readings = method.readings === 'none' ? undefined : contest.readings[method.readings].read;
    const families = { ...method.families, readings };
    const every = contest.labelledEvery;
    const test = leaveOut(selectRows(store, testRows, families), method.isLeftOut);
    for (const index of missing) {
      const rows = draws.slice(index, index + 1).flatMap((draw) => rowsOf(store, draw, every));
      const chosen = leaveOut(selectRows(store, rows, families), method.isLeftOut);
      const weights = Float32Array.from(chosen.labels, (label) => (label === 1 ? 1 : every));
      const train = every > 1 ? { ...chosen, weights } : chosen;
      save(index, fitAndScore(method.head, train, test, index + 1));
    }
  }
  return files.map((file) => Float64Array.from(readNpy(file, '<f4')));
}
