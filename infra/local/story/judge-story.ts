// infra/local/story/judge-story.ts: average precision against the truth, week by week: the loop as it decided, the champion frozen, and a model that knew everything.

import type { ArchiveStore } from '../../../shared/archive/archive-store.ts';
import { openHeadGraph } from '../../../shared/encoder/score-head-graph.ts';
import { averagePrecision } from '../../../shared/evaluation/metrics.ts';
import { toTreeHead } from '../../../shared/head/add-trees.ts';
import { fitTrees } from '../../../shared/head/fit-trees.ts';
import { createPlainHead } from '../../../shared/head/head-weights.ts';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { selectRows } from '../../../shared/training/head-dataset.ts';
import { toHeadDataset } from '../../../shared/training/head-dataset-of.ts';
import { readScoredRows } from '../../../shared/training-set/read-scored-rows.ts';
import type { TrainingColumns } from '../../../shared/training-set/training-set.ts';
import { lastQuarterFrom, storyDays, toDay, toMs, WEEK_DAYS, weekOf } from './story-plan.ts';
import type { Decided } from './story-stream.ts';

export interface StoryWeek {
  readonly week: number;
  readonly transactions: number;
  readonly frauds: number;
  /** Average precision; null in a week without a fraud. */
  readonly loop: number | null;
  readonly frozen: number | null;
}

export interface StoryPrecision {
  /** The loop's, from the first decided payment to the change. */
  readonly before: number;
  /** In the last quarter. */
  readonly loop: number;
  readonly frozen: number;
  /** Of boosted trees fitted once on the true labels of everything before the last quarter. */
  readonly truth: number;
}

export interface StoryJudgement {
  readonly weeks: readonly StoryWeek[];
  readonly averagePrecision: StoryPrecision;
  readonly transactions: number;
  readonly frauds: number;
}

export interface JudgeParts {
  readonly archive: ArchiveStore;
  /** The champion that the frozen line keeps. */
  readonly frozen: VerifiedVersion;
  readonly frauds: ReadonlySet<string>;
  readonly decided: ReadonlyMap<string, Decided>;
}

async function scoreFrozen(rows: TrainingColumns, { manifest, files }: VerifiedVersion) {
  const bytes = files.get(manifest.heads.full.file) ?? new Uint8Array();
  const graph = await openHeadGraph(bytes, rows.inputs.length);
  try {
    return await graph.score(rows.values);
  } finally {
    await graph.release();
  }
}

/** One genuine row in so many stands for all: the frauds are what is few. */
const GENUINE_KEPT = 5;

/** Trees as the retrainer fits them, on labels that nobody has in time. */
function scoreByTruth(rows: TrainingColumns, labels: Uint8Array): Float64Array {
  const isKept = (row: number): boolean =>
    toDay(rows.times[row] ?? 0) < lastQuarterFrom && (labels[row] === 1 || row % GENUINE_KEPT === 0);
  const kept = selectRows(toHeadDataset({ ...rows, labels }), isKept);
  const known = { ...kept, weights: Float32Array.from(kept.labels, (label) => (label ? 1 : GENUINE_KEPT)) };
  const head = createPlainHead(toTreeHead(known, fitTrees(known, { seed: 1, trees: 300 })));
  const width = rows.inputs.length;
  return Float64Array.from(labels, (_, row) =>
    head.scoreOne(rows.values.subarray(row * width, (row + 1) * width)),
  );
}

export async function judgeStory(parts: JudgeParts): Promise<StoryJudgement> {
  // The first two days are left out: the archive holds nothing before them, and they stand for windows nobody asks for.
  const span = { fromMs: toMs(storyDays.watched + 2), untilMs: toMs(storyDays.end) };
  const rows = await readScoredRows(parts.archive, span, parts.frozen.manifest);
  const days = Float64Array.from(rows.times, toDay);
  const labels = Uint8Array.from(rows.transactionIds, (id) => (parts.frauds.has(id) ? 1 : 0));
  const loop = Float64Array.from(rows.transactionIds, (id) => parts.decided.get(id)?.score ?? 0);
  const frozen = await scoreFrozen(rows, parts.frozen);
  const truth = scoreByTruth(rows, labels);

  const rowsBetween = (from: number, until: number): number[] =>
    [...days.keys()].filter((row) => (days[row] ?? 0) >= from && (days[row] ?? 0) < until);
  const judge = (scores: ArrayLike<number>, wanted: readonly number[]): number =>
    averagePrecision({
      scores: wanted.map((row) => scores[row] ?? 0),
      labels: wanted.map((row) => labels[row] ?? 0),
    });

  const weeks: StoryWeek[] = [];
  for (let from: number = storyDays.watched; from < storyDays.end; from += WEEK_DAYS) {
    const ofWeek = rowsBetween(from, from + WEEK_DAYS);
    const frauds = ofWeek.reduce((sum, row) => sum + (labels[row] ?? 0), 0);
    const score = (scores: ArrayLike<number>) => (frauds ? judge(scores, ofWeek) : null);
    weeks.push({
      week: weekOf(from),
      transactions: ofWeek.length,
      frauds,
      loop: score(loop),
      frozen: score(frozen),
    });
  }
  const ofLastQuarter = rowsBetween(lastQuarterFrom, storyDays.end);
  return {
    weeks,
    averagePrecision: {
      before: judge(loop, rowsBetween(storyDays.watched, storyDays.change)),
      loop: judge(loop, ofLastQuarter),
      frozen: judge(frozen, ofLastQuarter),
      truth: judge(truth, ofLastQuarter),
    },
    transactions: labels.length,
    frauds: labels.reduce((sum, label) => sum + label, 0),
  };
}
