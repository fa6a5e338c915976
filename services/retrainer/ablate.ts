// services/retrainer/ablate.ts: what each family of inputs is worth on the test window: all, features only, readings only, each one left out.
import { type HeadGraphScorer, openHeadGraph } from '../../shared/encoder/score-head-graph.ts';
import { type AblationTable, compareMethods } from '../../shared/evaluation/ablation.ts';
import { selectColumns } from '../../shared/head/fit-head.ts';
import { writeHeadGraph } from '../../shared/head/head-graph.ts';
import type { HeadWeights } from '../../shared/head/head-weights.ts';
import {
  selectTrainingRows,
  type TrainingColumns,
  windowRows,
} from '../../shared/training-set/training-set.ts';
import { toJudgedRows } from './judged-rows.ts';
import type { WithEvaluation } from './state.ts';

/** Draws of the bootstrap over cards: wide enough for a picture. */
const ROUNDS = 200;
/** Of more rows, all of every n-th card: enough for a picture, and nothing is decided by it. */
const MOST_ROWS = 40_000;
/** Rows changed and scored at a time: the window is never copied whole. */
const ROWS_AT_ONCE = 4_096;

/** Families by the beginnings of their inputs' names. */
const readings = { embedding: 'embedding-', forecasts: 'forecast-', surprises: 'surprise-' } as const;
const facts = ['feature-', 'event-'] as const;

/** What a method does not see. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  all: [],
  'readings only': facts,
  ...Object.fromEntries(
    Object.entries(readings).map(([family, prefix]): [string, readonly string[]] => [
      `without ${family}`,
      [prefix],
    ]),
  ),
  'without readings': Object.values(readings),
};

/**
 * Without fitting anew: an input that is left out stands at its mean of the training window. `features only` is the version's own
 * features-only head, which was fitted on nothing else.
 */
export async function ablate({ set, heads, graph, settings }: WithEvaluation): Promise<AblationTable> {
  const rows = thinByCards(windowRows(set, 'test'));
  const scorer = await openHeadGraph(graph, rows.inputs.length);
  const scores: Record<string, readonly Float32Array[]> = {};
  try {
    for (const [method, prefixes] of Object.entries(leftOut)) {
      scores[method] = [await scoreWithout(scorer, rows, heads.full, prefixes)];
    }
  } finally {
    await scorer.release();
  }
  scores['features only'] = [await scoreFeaturesOnly(rows, heads.featuresOnly)];
  return compareMethods([{ rows: toJudgedRows(rows), scores }], 'all', {
    rounds: ROUNDS,
    seed: settings.seed,
  });
}

function thinByCards(rows: TrainingColumns): TrainingColumns {
  const every = Math.ceil(rows.labels.length / MOST_ROWS);
  return every <= 1 ? rows : selectTrainingRows(rows, (row) => (rows.cards[row] ?? 0) % every === 0);
}

async function scoreWithout(
  scorer: HeadGraphScorer,
  { inputs, values, labels }: TrainingColumns,
  { mean }: HeadWeights,
  prefixes: readonly string[],
): Promise<Float32Array> {
  const width = inputs.length;
  const columns = inputs.flatMap((name, column) =>
    prefixes.some((prefix) => name.startsWith(prefix)) ? [column] : [],
  );
  const scores = new Float32Array(labels.length);
  for (let first = 0; first < labels.length; first += ROWS_AT_ONCE) {
    const part = values.slice(first * width, Math.min(labels.length, first + ROWS_AT_ONCE) * width);
    for (let start = 0; start < part.length; start += width) {
      for (const column of columns) part[start + column] = mean[column] ?? 0;
    }
    scores.set(await scorer.score(part), first);
  }
  return scores.map(toRank);
}

async function scoreFeaturesOnly(rows: TrainingColumns, head: HeadWeights): Promise<Float32Array> {
  const own = new Set(head.inputs);
  const scorer = await openHeadGraph(writeHeadGraph(head, {}), head.inputs.length);
  const { values } = selectColumns(rows, (name) => own.has(name));
  const scores = await scorer.score(values).finally(() => scorer.release());
  return scores.map(toRank);
}

/** Only the order counts; a score that is no number ranks last, and the gate of the golden rows counts it. */
const toRank = (score: number): number => (Number.isFinite(score) ? score : -Number.MAX_SAFE_INTEGER);
