// services/retrainer/stages/fit.ts: both heads on the training window, from stored readings: boosted trees, or an MLP that goes on from the champion's.
import { toTreeHead } from '../../../shared/head/add-trees.ts';
import { areLabelsFew } from '../../../shared/head/fit-few-labels-head.ts';
import { selectColumns } from '../../../shared/head/fit-head.ts';
import { fitTrees } from '../../../shared/head/fit-trees.ts';
import { parseHead, toHeadBytes } from '../../../shared/head/head-bytes.ts';
import { featuresOnlyInputs } from '../../../shared/head/head-inputs.ts';
import type { HeadWeights } from '../../../shared/head/head-weights.ts';
import { readHeadGraph } from '../../../shared/head/read-head-graph.ts';
import { fitMlpHead } from '../../../shared/training/fit-mlp.ts';
import { selectRows } from '../../../shared/training/head-dataset.ts';
import { toHeadDataset } from '../../../shared/training/head-dataset-of.ts';
import { type TrainingColumns, windowRows } from '../../../shared/training-set/training-set.ts';
import type { WithEncoder, WithHeads } from '../state.ts';

const HIDDEN = [128, 64] as const;
/** Smaller: this head also runs in plain arithmetic. */
const FEATURES_ONLY_HIDDEN = [96, 48] as const;
/** Passes over the training window, at most. On simulated portfolios ten made a head that went on forget (AP .64 and .29 where three gave .73 and .37). */
const PASSES = { least: 2, anew: 10, goingOn: 3, goingOnLarge: 2 } as const;
/** A head that goes on must not forget at once what it knew. */
const WARM_RATE = 8e-4;
/** Large sets take larger steps, the same rows in half the time, and going on no third pass: two make as many steps as three over a third of it. */
const LARGE_SET = 300_000;

/** As in the bootstrap: divergences compare with the population reference and mean something else in every portfolio. */
const shared = {
  inputDropout: 0.3,
  emphasis: { 'forecast-amount-divergence': 0, 'forecast-hour-divergence': 0 },
} as const;

/** Trees are fitted anew and to so many rows at most; of more, genuine rows are taken at even distances and weigh for the rest. */
const TREE_ROWS = 200_000;
const TREES = { full: 300, 'features-only': 150 } as const;

type Rows = Parameters<typeof fitMlpHead>[1];
type HeadName = 'full' | 'features-only';

interface FitKind {
  readonly name: HeadName;
  readonly seed: number;
  readonly hidden: readonly number[];
  readonly start: HeadWeights | undefined;
}

export async function fit(state: WithEncoder): Promise<WithHeads> {
  const rows = windowRows(state.set, 'training');
  return chooseKind(state, rows) === 'trees' ? fitBoth(state, rows) : fitOnwards(state, rows);
}

function chooseKind({ settings }: WithEncoder, { labels, cards }: TrainingColumns) {
  if (settings.head !== 'auto') return settings.head;
  const fraudCards = new Set(cards.filter((_, row) => labels[row] === 1)).size;
  return areLabelsFew(fraudCards) ? 'mlp' : 'trees';
}

const isFeature = (name: string): boolean => featuresOnlyInputs.includes(name);

async function fitBoth(state: WithEncoder, rows: TrainingColumns): Promise<WithHeads> {
  const kept = thinGenuine(rows);
  const full = await fitOnce(state, 'full', () => growTrees(state, kept, 'full'));
  const featuresOnly = await fitOnce(state, 'features-only', () =>
    growTrees(state, selectColumns(kept, isFeature), 'features-only'),
  );
  return { ...state, heads: { full, featuresOnly }, isWarmStarted: false };
}

/** At most TREE_ROWS rows: all frauds, and genuine ones at even distances that stand for those left out. */
function thinGenuine(rows: TrainingColumns): Rows {
  const { labels } = rows;
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  const genuine = labels.length - frauds;
  const every = Math.ceil(genuine / Math.max(1, TREE_ROWS - frauds));
  if (every <= 1) return rows;
  let seen = 0;
  const kept = selectRows(toHeadDataset(rows), (row) => labels[row] === 1 || seen++ % every === 0);
  const share = genuine / (kept.labels.length - frauds);
  return {
    ...kept,
    weights: kept.weights.map((weight, row) => weight * (kept.labels[row] === 1 ? 1 : share)),
  };
}

function growTrees({ settings, onProgress }: WithEncoder, rows: Rows, name: HeadName): HeadWeights {
  const fitted = fitTrees(rows, {
    seed: settings.seed,
    trees: TREES[name],
    onProgress: (share) => onProgress(`fit ${name}`, share),
  });
  return toTreeHead(rows, fitted);
}

/** An MLP that starts from the champion's weights, where it is one. */
async function fitOnwards(state: WithEncoder, rows: Rows): Promise<WithHeads> {
  const { settings, champion, championVersion } = state;
  const { heads } = champion.manifest;
  const start = readHeadGraph(
    championVersion.files.get(heads.full.file) ?? new Uint8Array(),
    heads.full.inputs,
  );
  const full = await fitOnce(state, 'full', () =>
    fitMlp(state, rows, { name: 'full', seed: settings.seed, hidden: HIDDEN, start }),
  );
  const featuresOnly = await fitOnce(state, 'features-only', () =>
    fitMlp(state, selectColumns(rows, isFeature), {
      name: 'features-only',
      seed: settings.seed + 1,
      hidden: FEATURES_ONLY_HIDDEN,
      start: parseHead(championVersion.files.get(heads.featuresOnly.file) ?? new Uint8Array()),
    }),
  );
  return { ...state, heads: { full, featuresOnly }, isWarmStarted: start !== undefined };
}

function fitMlp(
  { backend, settings, onProgress }: WithEncoder,
  rows: Rows,
  { name, seed, hidden, start }: FitKind,
): Promise<HeadWeights> {
  const count = rows.labels.length;
  const goingOn = count > LARGE_SET ? PASSES.goingOnLarge : PASSES.goingOn;
  const most = start ? goingOn : PASSES.anew;
  const epochs = Math.max(PASSES.least, Math.min(most, Math.round(settings.rowsSeen / count)));
  return fitMlpHead(backend.tf, rows, {
    ...shared,
    seed,
    hidden,
    epochs,
    ...(count > LARGE_SET && { batchRows: 2048 }),
    ...(start && { start, learningRate: WARM_RATE }),
    onProgress: (share) => onProgress(`fit ${name}`, share),
  });
}

/** Fitted once per run: a run that goes on reads what it fitted before. */
async function fitOnce(
  { files }: WithEncoder,
  name: HeadName,
  make: () => HeadWeights | Promise<HeadWeights>,
): Promise<HeadWeights> {
  const file = `head-${name}.json`;
  const before = await files.read(file);
  if (before) return parseHead(before);
  const head = await make();
  await files.write(file, toHeadBytes(head));
  return head;
}
