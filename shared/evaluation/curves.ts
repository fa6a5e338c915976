// shared/evaluation/curves.ts: points for pictures: precision over recall, and how scores of frauds and of genuine rows spread.
import { orderByScore } from './ranked-column.ts';
import type { ScoredRows } from './scored-rows.ts';

export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  /** Rows scored at least this are counted. */
  readonly score: number;
}

const CURVE_POINTS = 200;

/** Precision and recall at distinct scores, highest first, thinned to about 200 points evenly spaced in recall. */
export function precisionRecallCurve({ score, label, weight }: ScoredRows): PrecisionRecallPoint[] {
  const order = orderByScore(score);
  const frauds = order.reduce((sum, row) => sum + label[row] * (weight?.[row] ?? 1), 0);
  const points: PrecisionRecallPoint[] = [];
  let found = 0;
  let rows = 0;
  let nextRecall = 0;
  order.forEach((row, rank) => {
    const drawn = weight?.[row] ?? 1;
    rows += drawn;
    found += drawn * label[row];
    const isLast = rank + 1 === order.length;
    if (!isLast && score[order[rank + 1]] === score[row]) return;
    if (found / frauds < nextRecall && !isLast) return;
    nextRecall = found / frauds + 1 / CURVE_POINTS;
    points.push({ recall: found / frauds, precision: found / rows, score: score[row] });
  });
  return points;
}

export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  /** Share of the genuine rows in this bin, by weight. */
  readonly genuine: number;
  readonly fraud: number;
}

export interface ScoreHistogram {
  /** Probabilities are spread out as log₁₀ odds; other scores are taken as they are. */
  readonly scale: 'log10-odds' | 'score';
  readonly bins: readonly HistogramBin[];
}

const HISTOGRAM_BINS = 40;
/** Log₁₀ odds are cut off here: one in a million. */
const ODDS_LIMIT = 6;

function toLogOdds(probability: number): number {
  const odds = Math.log10(probability / (1 - probability));
  return Math.max(-ODDS_LIMIT, Math.min(ODDS_LIMIT, odds));
}

/** Shares of frauds and of genuine rows per bin of the score. */
export function scoreHistogram({ score, label, weight }: ScoredRows): ScoreHistogram {
  const isProbability = score.every((value) => value >= 0 && value <= 1);
  const positions = Float64Array.from(score, (value) => (isProbability ? toLogOdds(value) : value));
  const lowest = positions.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const highest = positions.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const width = (highest - lowest) / HISTOGRAM_BINS || 1;
  const counts = [new Float64Array(HISTOGRAM_BINS), new Float64Array(HISTOGRAM_BINS)];
  positions.forEach((position, row) => {
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor((position - lowest) / width));
    counts[label[row]][bin] += weight?.[row] ?? 1;
  });
  const [genuine, fraud] = counts.map((column) => {
    const total = column.reduce((sum, count) => sum + count, 0);
    return column.map((count) => count / total);
  });
  return {
    scale: isProbability ? 'log10-odds' : 'score',
    bins: Array.from({ length: HISTOGRAM_BINS }, (_, bin) => ({
      from: lowest + bin * width,
      to: lowest + (bin + 1) * width,
      genuine: genuine[bin],
      fraud: fraud[bin],
    })),
  };
}
