// shared/head/calibrator.ts: raw score → probability: isotonic regression (PAVA) as points joined by straight lines.
import { AppError } from '../errors.ts';
import type { CalibratorPoints } from '../registry/manifest.ts';

/** Raw scores of a calibration set with what turned out. */
export interface CalibrationSet {
  readonly rawScores: ArrayLike<number>;
  /** 1 = fraud, 0 = genuine. */
  readonly labels: ArrayLike<number>;
  /** How many transactions of the stream a row stands for: 1 / sampling rate. Undoes the thinning of genuine rows. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Rows of one level of the fit. Sums are over weights. */
interface Block {
  weight: number;
  rawScore: number;
  frauds: number;
}

/** How far (in raw score, logits) the end lines reach: beyond them the score is level, before them every raw score keeps its rank. */
const END_REACH = 20;
/** Share of the remaining distance to 0 or 1 that an end line covers. */
const END_SHARE = 0.9;
/** Weight of the prior rows (at the base rate) mixed into every block, so that no block claims 0 or 1. One transaction. */
const PRIOR_WEIGHT = 1;

/**
 * Fits a monotone calibrator: blocks of rows whose fraud share would otherwise fall are pooled, each becomes one point at its
 * mean raw score. Points of equal score are dropped, so a higher raw score always has a higher score and no tie is made.
 * @throws AppError FRAUD_INPUT_INVALID without both labels
 */
export function fitCalibrator(set: CalibrationSet): CalibratorPoints {
  const blocks = pool(toSortedBlocks(set));
  const weight = blocks.reduce((sum, block) => sum + block.weight, 0);
  const frauds = blocks.reduce((sum, block) => sum + block.frauds, 0);
  if (!(frauds > 0 && frauds < weight)) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: 'A calibration set needs frauds and genuine rows.' });
  }
  const baseRate = frauds / weight;
  const points: { rawScore: number; score: number }[] = [];
  for (const block of blocks) {
    const score = (block.frauds + PRIOR_WEIGHT * baseRate) / (block.weight + PRIOR_WEIGHT);
    if (score > (points.at(-1)?.score ?? 0)) {
      points.push({ rawScore: block.rawScore / block.weight, score });
    }
  }
  return withEnds(points);
}

function toSortedBlocks({ rawScores, labels, weights }: CalibrationSet): Block[] {
  const order = Uint32Array.from({ length: rawScores.length }, (_, row) => row).sort(
    (left, right) => (rawScores[left] ?? 0) - (rawScores[right] ?? 0),
  );
  const blocks: Block[] = [];
  let previous = Number.NaN;
  for (const row of order) {
    const rawScore = rawScores[row] ?? 0;
    const weight = weights?.[row] ?? 1;
    const last = blocks.at(-1);
    const block = last !== undefined && rawScore === previous ? last : { weight: 0, rawScore: 0, frauds: 0 };
    if (block !== last) blocks.push(block);
    block.weight += weight;
    block.rawScore += weight * rawScore;
    block.frauds += weight * (labels[row] ?? 0);
    previous = rawScore;
  }
  return blocks;
}

/** Pool adjacent violators: a block with a smaller fraud share than the one before it is merged into that one. */
function pool(blocks: readonly Block[]): Block[] {
  const pooled: Block[] = [];
  for (const block of blocks) {
    let merged = { ...block };
    let before = pooled.at(-1);
    while (before && before.frauds * merged.weight >= merged.frauds * before.weight) {
      merged = {
        weight: before.weight + merged.weight,
        rawScore: before.rawScore + merged.rawScore,
        frauds: before.frauds + merged.frauds,
      };
      pooled.pop();
      before = pooled.at(-1);
    }
    pooled.push(merged);
  }
  return pooled;
}

function withEnds(points: readonly { rawScore: number; score: number }[]): CalibratorPoints {
  const first = points[0] ?? { rawScore: 0, score: 0.5 };
  const last = points.at(-1) ?? first;
  const low = { rawScore: first.rawScore - END_REACH, score: first.score * (1 - END_SHARE) };
  const high = { rawScore: last.rawScore + END_REACH, score: last.score + (1 - last.score) * END_SHARE };
  const all = [low, ...points, high];
  return { rawScores: all.map(({ rawScore }) => rawScore), scores: all.map(({ score }) => score) };
}

/** Applies calibration points. `score` rises with `rawScore` and has no step, so rounding cannot fall over one. */
export class Calibrator {
  readonly #rawScores: Float64Array;
  readonly #scores: Float64Array;

  constructor(points: CalibratorPoints) {
    this.#rawScores = Float64Array.from(points.rawScores);
    this.#scores = Float64Array.from(points.scores);
  }

  /** Probability of fraud in [0, 1] for an uncalibrated raw score. */
  toScore(rawScore: number): number {
    const rawScores = this.#rawScores;
    let low = 0;
    let high = rawScores.length - 1;
    if (!(rawScore > (rawScores[0] ?? 0))) return this.#scores[0] ?? 0;
    if (rawScore >= (rawScores[high] ?? 0)) return this.#scores[high] ?? 0;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((rawScores[middle] ?? 0) <= rawScore) low = middle;
      else high = middle;
    }
    const left = rawScores[low] ?? 0;
    const share = (rawScore - left) / ((rawScores[high] ?? 0) - left);
    const from = this.#scores[low] ?? 0;
    return from + share * ((this.#scores[high] ?? 0) - from);
  }
}
