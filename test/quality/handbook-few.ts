// test/quality/handbook-few.ts: the Handbook with the labels of few cards, thinned everywhere (loss, marks in histories, risk features), against boosting on all features at the same budget.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { type HeadRows, selectColumns } from '../../shared/head/fit-head.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { scoreTrees } from '../../shared/head/tree-ensemble.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { readMappedChunks } from '../../shared/replay/read-mapped.ts';
import { scoreRows } from '../../shared/training/judge-head.ts';
import { parseTransferConfig } from '../../shared/transfer/transfer-config.ts';
import { encodeWindows } from '../../shared/transfer/transfer-inputs.ts';
import { collectTransferRows, type TransferRows } from '../../shared/transfer/transfer-rows.ts';
import { findPython } from './boosting.ts';
import { resample } from './bootstrap-rounds.ts';
import { DAY_MS, handbookCache, loadHandbook } from './handbook-data.ts';
import { choosingFolds, HISTORY_DAYS, selectFold } from './handbook-folds.ts';
import { adaptToHandbook } from './handbook-methods.ts';
import { recipe } from './handbook-recipe.ts';
import { readNpyDoubles, writeNpy } from './npy.ts';
import { askQualityData, say, tellRounds } from './say.ts';

const FIRST_DAY_MS = Date.parse('2018-04-01T00:00:00Z');
const OURS = 'few-labels head and trees, mean logit';
/** LightGBM as against all labels, and with leaves and shrinkage for few: the better one is the rival. */
const rivals = {
  'boosting, all features': {},
  'boosting, all features, set for few labels': { min_data_in_leaf: 5, num_leaves: 7, rounds: 200 },
} as const;

/** A fold's rows when only the labels of this share of the cards exist anywhere; test rows are those of the protocol, thinned. */
async function readRows(
  file: string,
  fold: { readonly start: string; readonly testIds: ReadonlySet<number> },
  { share, every }: { readonly share: number; readonly every: number },
): Promise<TransferRows> {
  const startMs = Date.parse(`${fold.start}T00:00:00Z`);
  const trainUntilMs = startMs + 7 * DAY_MS;
  const testFromMs = startMs + 14 * DAY_MS;
  const toText = (ms: number) => new Date(ms).toISOString();
  const config = parseTransferConfig({
    technique: 'feature-extraction',
    labelShare: share,
    genuineEvery: 1,
    windows: {
      labelDelayDays: 0,
      warmUpDays: Math.max(0, trainUntilMs - HISTORY_DAYS * DAY_MS - FIRST_DAY_MS) / DAY_MS,
      calibrateFrom: toText(trainUntilMs),
      testFrom: toText(testFromMs),
    },
  });
  const options = { file, mapping: loadMapping('handbook'), until: new Date(testFromMs + 7 * DAY_MS) };
  const rows = await collectTransferRows(() => readMappedChunks(options), config);
  const numberOf = (row: number) => Number((rows.transactionIds[row] ?? '').replace(/\D/g, ''));
  const judged = rows.windows.test.filter((row) => fold.testIds.has(numberOf(row)));
  const test = judged.filter((row, index) => rows.labels[row] === 1 || index % every === 0);
  return { ...rows, windows: { training: rows.windows.training, calibration: new Int32Array(0), test } };
}

const isFeature = (name: string): boolean => name.startsWith('feature-');
const isNoReading = (name: string): boolean => isFeature(name) || name.startsWith('event-');

/** Shallow trees that see every row of what little there is; the embedding's columns are too many for them. */
function scoreShallowTrees(training: HeadRows, test: HeadRows): Float64Array {
  const isSeen = (name: string) => !name.startsWith('embedding-');
  const judged = selectColumns(test, isSeen);
  const width = judged.inputs.length;
  const { trees, bias } = fitTrees(selectColumns(training, isSeen), {
    seed: 1,
    trees: 200,
    depth: 4,
    penalty: 2,
    columnShare: 0.3,
    steepShare: 0,
    rowShare: 1,
  });
  return Float64Array.from(
    judged.labels,
    (_, row) => bias + scoreTrees(trees, judged.values.subarray(row * width, (row + 1) * width)),
  );
}

function scoreOurs(training: HeadRows, test: HeadRows, suffix: string): [string, Float64Array][] {
  const linear = Float64Array.from(scoreRows(fitFewLabelsHead(training), test));
  const trees = scoreShallowTrees(training, test);
  const mean = linear.map((value, row) => (value + (trees[row] ?? 0)) / 2);
  return [
    [`${OURS}${suffix}`, mean],
    [`few-labels head${suffix}`, linear],
    [`trees${suffix}`, trees],
  ];
}

/** LightGBM on the features of the same rows. */
function scoreRival(
  training: HeadRows,
  test: HeadRows,
  settings: Readonly<Record<string, number>>,
): Float64Array {
  const [known, judged] = [selectColumns(training, isFeature), selectColumns(test, isFeature)];
  const folder = mkdtempSync(join(tmpdir(), 'fraud-few-'));
  try {
    const count = known.labels.length + judged.labels.length;
    const features = new Float32Array(known.values.length + judged.values.length);
    features.set(known.values);
    features.set(judged.values, known.values.length);
    const path = (name: string) => join(folder, `${name}.npy`);
    writeNpy(path('features'), features, [count, known.inputs.length]);
    writeNpy(path('labels'), Uint8Array.from([...known.labels, ...judged.labels]), [count]);
    const places = Int32Array.from({ length: count }, (_, place) => place);
    writeNpy(path('train'), places.slice(0, known.labels.length), [known.labels.length]);
    writeNpy(path('test'), places.slice(known.labels.length), [judged.labels.length]);
    const order = {
      features: path('features'),
      labels: path('labels'),
      columns: null,
      seeds: 1,
      settings,
      folds: [{ train: path('train'), test: path('test') }],
    };
    writeFileSync(join(folder, 'order.json'), JSON.stringify(order));
    const program = join(packageRoot, 'test/quality/python/boosting_folds.py');
    execFileSync(findPython(), [program, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    return readNpyDoubles(path('scores-0'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `[--fold START] [--share S]… [--every N] [--rounds N]`: choosing folds only. */
export async function runHandbookFew(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fold: { type: 'string', default: choosingFolds[3] },
      share: { type: 'string', multiple: true, default: ['0.01', '0.03', '0.1'] },
      every: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '300' },
    },
  });
  const start = choosingFolds.find((one) => one === values.fold);
  if (start === undefined)
    return say(`few labels are looked at on choosing folds only: ${choosingFolds.join(', ')}`);
  const file = askQualityData('handbook/transactions.csv.gz');
  if (!file) return;
  mkdirSync(handbookCache(), { recursive: true });
  const data = await loadHandbook(file);
  const encoder = await adaptToHandbook(data, recipe.encoder, recipe.adaptationSteps);
  const testIds = new Set(Array.from(selectFold(data, start).testRows, (row) => data.ids[row] ?? -1));
  const every = Number(values.every);
  for (const share of values.share.map(Number)) {
    const rows = await readRows(file, { start, testIds }, { share, every });
    const { training, test } = await encodeWindows(rows, encoder);
    const frauds = training.labels.reduce((sum, label) => sum + label, 0);
    const fraudCards = new Set(training.cards.filter((_, row) => training.labels[row] === 1)).size;
    say(
      `fold ${start}, labels of ${100 * share} % of the cards: ${training.labels.length} rows, ${frauds} frauds on ${fraudCards} cards; ` +
        `judged on ${test.labels.length} rows, ${test.labels.reduce((sum, label) => sum + label, 0)} frauds, one genuine row in ${every}, weighted`,
    );
    const scores = new Map([
      ...scoreOurs(training, test, ''),
      ...scoreOurs(selectColumns(training, isNoReading), selectColumns(test, isNoReading), ', no reading'),
      ...Object.entries(rivals).map(
        ([name, settings]) => [name, scoreRival(training, test, settings)] as const,
      ),
    ]);
    const judged = {
      labels: test.labels,
      weights: Float32Array.from(test.labels, (label) => (label === 1 ? 1 : every)),
      cards: Array.from(test.cards, String),
    };
    const columns = new Map([...scores].map(([name, column]) => [name, [column]] as const));
    const told = resample(judged, columns, { seed: 20_261_201, rounds: Number(values.rounds) });
    tellRounds(told, told.get(OURS));
  }
}
