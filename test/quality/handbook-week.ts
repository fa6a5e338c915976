// test/quality/handbook-week.ts: the Handbook with seven days of labelled rows: readings ‖ current event ‖ the terminal's daily buckets, against boosting on the 15 published features.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { selectColumns } from '../../shared/head/fit-head.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { scoreTrees } from '../../shared/head/tree-ensemble.ts';
import { meanOf, type Rounds, resample } from './bootstrap-rounds.ts';
import { type HandbookData, handbookCache, loadHandbook } from './handbook-data.ts';
import { choosingFolds, type Fold, judgedFolds, selectFold } from './handbook-folds.ts';
import { logEvaluation } from './handbook-log.ts';
import { adaptToHandbook } from './handbook-methods.ts';
import { recipe } from './handbook-recipe.ts';
import { scoreByRival } from './handbook-rival.ts';
import { type NamedEncoder, readingsOf, selectInputs } from './handbook-rows.ts';
import { readNpy, writeNpy } from './npy.ts';
import { askQualityData, say, tellRounds } from './say.ts';
import { bucketNames, readTerminalBuckets, type TerminalBuckets } from './terminal-buckets.ts';

const WEEK_DAYS = 7;
/** The 15 published features, as the product computes them. */
const published = [
  ['amountLog', 'weekend', 'night'],
  ['cardCountShort', 'cardCountMiddle', 'cardCountLong', 'cardMeanShort', 'cardMeanMiddle', 'cardMeanLong'],
  ['merchantCountShort', 'merchantCountMiddle', 'merchantCountLong'],
  ['merchantRiskShort', 'merchantRiskMiddle', 'merchantRiskLong'],
].flat();

const isEmbedding = (name: string): boolean => name.startsWith('embedding-');
const isReading = (name: string): boolean => /^(embedding|forecast|surprise)-/.test(name);

/** Inputs that each of ours sees; the first is the one compared. */
const ours: Readonly<Record<string, (name: string) => boolean>> = {
  'readings, event, terminal buckets': () => true,
  'the same without the embedding': (name) => !isEmbedding(name),
  'event, terminal buckets (no encoder)': (name) => !isReading(name),
};
const FIRST = 'readings, event, terminal buckets';
const RIVAL = 'boosting, 15 published features';

interface Parts {
  readonly data: HandbookData;
  readonly encoder: NamedEncoder;
  readonly buckets: TerminalBuckets;
  readonly every: number;
  readonly seeds: readonly number[];
}

/** Readings ‖ event ‖ buckets of these rows. */
async function inputsOf({ data, encoder, buckets }: Parts, rows: Int32Array): Promise<HeadRows> {
  const readings = await readingsOf(data, encoder, rows);
  const known = selectInputs(data, rows, { readings, features: false, event: true });
  const inputs = [...known.inputs, ...bucketNames];
  const values = new Float32Array(rows.length * inputs.length);
  const width = known.inputs.length;
  rows.forEach((row, index) => {
    values.set(known.values.subarray(index * width, (index + 1) * width), index * inputs.length);
    const into = values.subarray(index * inputs.length + width, (index + 1) * inputs.length);
    buckets.write(data.ids[row] ?? -1, data.times[row] ?? 0, into);
  });
  return { inputs, values, labels: known.labels };
}

const thin = (data: HandbookData, rows: Int32Array, every: number): Int32Array =>
  rows.filter((row, index) => data.labels[row] === 1 || index % every === 0);

function fitAndScore(train: HeadRows, test: HeadRows, seeds: readonly number[]): Float64Array {
  const width = test.inputs.length;
  const sum = new Float64Array(test.labels.length);
  for (const seed of seeds) {
    // A week has few rows: trees look at all of them.
    const { trees } = fitTrees(train, { ...recipe.trees, depth: 5, steepShare: 0, rowShare: 0.8, seed });
    for (let row = 0; row < sum.length; row++)
      sum[row] =
        (sum[row] ?? 0) +
        scoreTrees(trees, test.values.subarray(row * width, (row + 1) * width)) / seeds.length;
  }
  return sum;
}

/** Scores of the fold's thinned test rows by ours and the rival; kept. */
async function scoreFold(parts: Parts, fold: Fold, rows: Int32Array): Promise<Map<string, Float64Array[]>> {
  const { encoder, every, seeds } = parts;
  const rival = scoreByRival({ folds: [fold], seeds: seeds.length, features: published })[0] ?? [];
  const placeOf = new Map([...fold.testRows].map((row, place) => [row, place]));
  const scores = new Map<string, Float64Array[]>();
  let inputs: { readonly train: HeadRows; readonly test: HeadRows } | undefined;
  for (const [name, isSeen] of Object.entries(ours)) {
    const slug = name.replaceAll(/\W+/g, '-');
    const file = join(
      handbookCache(),
      'week',
      `${encoder.encoderVersion}-${fold.start}-${slug}-${every}-${seeds.length}.npy`,
    );
    if (!existsSync(file)) {
      inputs ??= { train: await inputsOf(parts, fold.trainRows), test: await inputsOf(parts, rows) };
      const made = fitAndScore(
        selectColumns(inputs.train, isSeen),
        selectColumns(inputs.test, isSeen),
        seeds,
      );
      mkdirSync(join(handbookCache(), 'week'), { recursive: true });
      writeNpy(file, made, [made.length]);
    }
    scores.set(name, [readNpy(file, '<f8')]);
  }
  scores.set(
    RIVAL,
    rival.map((column) => Float64Array.from(rows, (row) => column[placeOf.get(row) ?? -1] ?? 0)),
  );
  return scores;
}

async function judgeFold(parts: Parts, start: string, rounds: number): Promise<Map<string, Rounds>> {
  const { data, every } = parts;
  const fold = selectFold(data, start, WEEK_DAYS);
  const rows = thin(data, fold.testRows, every);
  const labels = Uint8Array.from(rows, (row) => data.labels[row] ?? 0);
  const judged = {
    labels,
    weights: Float32Array.from(labels, (label) => (label === 1 ? 1 : every)),
    cards: Array.from(rows, (row) => String(data.cards[row])),
  };
  const told = resample(judged, await scoreFold(parts, fold, rows), { seed: 20_261_124, rounds });
  const figures = [...told].map(([name, { measured }]) => `${name} ${measured.toFixed(3)}`);
  say(`${start}: ${fold.trainRows.length} labelled rows; ${figures.join('; ')}`);
  return told;
}

/** `[choose|judge] [--fold START]… [--every N] [--seeds N]`; every look at the judged folds is logged. */
export async function runHandbookWeek(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      fold: { type: 'string', multiple: true },
      every: { type: 'string', default: '4' },
      seeds: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '300' },
    },
  });
  const file = askQualityData('handbook/transactions.csv.gz');
  if (!file) return;
  const isJudged = positionals[0] === 'judge';
  const data = await loadHandbook(file);
  const encoder = await adaptToHandbook(data, recipe.encoder, recipe.adaptationSteps);
  const buckets = await readTerminalBuckets(file);
  const seeds = recipe.seeds.slice(0, Number(values.seeds));
  const parts = { data, encoder, buckets, every: Number(values.every), seeds };
  const starts = values.fold ?? (isJudged ? judgedFolds : choosingFolds);
  const folds: Map<string, Rounds>[] = [];
  for (const start of starts) folds.push(await judgeFold(parts, start, Number(values.rounds)));
  say(
    'mean of the folds, and ours minus each (95 %, cards resampled); an older prototype: .733 against .673',
  );
  const means = new Map(
    [FIRST, ...Object.keys(ours).slice(1), RIVAL].map(
      (name) => [name, meanOf(folds.flatMap((fold) => fold.get(name) ?? []))] as const,
    ),
  );
  const first = means.get(FIRST);
  const figures = tellRounds(means, first);
  if (isJudged) logEvaluation({ program: 'week', folds: starts, every: parts.every, figures });
}
