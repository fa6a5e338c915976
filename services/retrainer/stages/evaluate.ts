// services/retrainer/stages/evaluate.ts: champion and challenger on the same later window: the facts that the gates judge by.
import { type HeadGraphScorer, openHeadGraph } from '../../../shared/encoder/score-head-graph.ts';
import { comparePaired } from '../../../shared/evaluation/compare-paired.ts';
import { evaluateScores } from '../../../shared/evaluation/evaluate.ts';
import { Calibrator } from '../../../shared/head/calibrator.ts';
import { writeHeadGraph } from '../../../shared/head/head-graph.ts';
import { createPlainHead, type HeadWeights } from '../../../shared/head/head-weights.ts';
import { type TrainingColumns, windowRows } from '../../../shared/training-set/training-set.ts';
import type { GateFacts, WindowFacts } from '../gates/gate.ts';
import { toJudgedRows } from '../judged-rows.ts';
import { measureLabels } from '../measure-labels.ts';
import { measureLatency } from '../measure-latency.ts';
import type { WithEvaluation, WithThresholds } from '../state.ts';

const PARITY_ROWS = 2_000;
const GOLDEN_ROWS = 64;
/** Draws of the bootstrap over cards. */
const ROUNDS = 500;

export async function evaluate(state: WithThresholds): Promise<WithEvaluation> {
  const {
    set,
    heads,
    encoder,
    champion,
    championVersion,
    championValues,
    settings,
    calibrators,
    onProgress,
  } = state;
  const rows = windowRows(set, 'test');
  const width = set.inputs.length;
  const graph = writeHeadGraph(heads.full, { encoderVersion: encoder.encoderVersion });
  const challengerGraph = await openHeadGraph(graph, width);
  const championGraph = await openHeadGraph(
    championVersion.files.get(champion.manifest.heads.full.file) ?? new Uint8Array(),
    width,
  );
  onProgress('evaluate', 0);
  // Of every window: what is judged is the last of them, the labels are looked at in all.
  const all = {
    challenger: await challengerGraph.score(set.values),
    champion: await championGraph.score(championValues),
  };
  const firstJudged = set.labels.length - rows.labels.length;
  const raw = {
    challenger: all.challenger.subarray(firstJudged),
    champion: all.champion.subarray(firstJudged),
  };
  const own = new Calibrator(calibrators.full);
  const scores = {
    challenger: toScores(raw.challenger, (score) => own.toScore(score)),
    champion: toScores(raw.champion, (score) => champion.calibrators.full.toScore(score)),
  };
  const judged = toJudgedRows(rows);
  const options = { rounds: ROUNDS, seed: settings.seed, capacity: { share: settings.reviewShare } };
  const facts: GateFacts = {
    comparison: comparePaired(judged, scores.challenger, scores.champion, options),
    challenger: evaluateScores({ ...judged, score: scores.challenger }, { ...options, rounds: 0 }),
    champion: evaluateScores({ ...judged, score: scores.champion }, { ...options, rounds: 0 }),
    windows: {
      training: describeWindow(windowRows(set, 'training')),
      calibration: describeWindow(windowRows(set, 'calibration')),
      test: describeWindow(rows),
    },
    trainedUntil: { challenger: set.cut.toISOString(), champion: champion.manifest.lineage?.cut },
    parity: measureParity(heads.full, rows, raw.challenger),
    latency: await measureLatency(challengerGraph, championGraph, rows),
    golden: await measureGolden(challengerGraph, rows, raw.challenger),
    labels: measureLabels(set, {
      challenger: all.challenger,
      champion: toScores(all.champion, (score) => champion.calibrators.full.toScore(score)),
    }),
  };
  await challengerGraph.release();
  await championGraph.release();
  onProgress('evaluate', 1);
  return { ...state, facts, rawScores: all.challenger, graph };
}

/** A score that is no number ranks nothing; the gate of the golden rows counts it. */
const toScores = (raw: Float32Array, calibrate: (score: number) => number): Float64Array =>
  Float64Array.from(raw, (score) => (Number.isFinite(score) ? calibrate(score) : 0));

function describeWindow({ labels, weights }: TrainingColumns): WindowFacts {
  let frauds = 0;
  let all = 0;
  let weighted = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights[row] ?? 1;
    all += weight;
    if (labels[row] !== 1) continue;
    frauds++;
    weighted += weight;
  }
  return { rows: labels.length, frauds, fraudRate: weighted / all };
}

function measureParity(head: HeadWeights, rows: TrainingColumns, served: Float32Array): GateFacts['parity'] {
  const plain = createPlainHead(head);
  const width = rows.inputs.length;
  const count = Math.min(PARITY_ROWS, rows.labels.length);
  let largestDifference = 0;
  for (let row = 0; row < count; row++) {
    const expected = plain.scoreOne(rows.values.subarray(row * width, (row + 1) * width));
    const difference = Math.abs(expected - (served[row] ?? Number.NaN));
    largestDifference = Number.isNaN(difference)
      ? Number.POSITIVE_INFINITY
      : Math.max(largestDifference, difference);
  }
  return { rows: count, largestDifference };
}

async function measureGolden(
  graph: HeadGraphScorer,
  rows: TrainingColumns,
  together: Float32Array,
): Promise<GateFacts['golden']> {
  const count = Math.min(GOLDEN_ROWS, rows.labels.length);
  const single = await graph.score(rows.values.subarray(0, count * rows.inputs.length), 1);
  let largestDifference = 0;
  for (let row = 0; row < count; row++) {
    largestDifference = Math.max(largestDifference, Math.abs((single[row] ?? 0) - (together[row] ?? 0)) || 0);
  }
  return {
    rows: count,
    largestDifference,
    notFinite: together.filter((score) => !Number.isFinite(score)).length,
  };
}
