// shared/evaluation/calibration.ts: do scores keep what they promise: Brier score, reliability, expected calibration error.
import { orderByScore } from './ranked-column.ts';
import type { ScoredRows } from './scored-rows.ts';

/** Rows of neighbouring scores: what was promised and what came. */
export interface ReliabilityBin {
  /** By weight. */
  readonly rows: number;
  readonly meanScore: number;
  readonly fraudRate: number;
  /** 95 % interval of the fraud rate (Wilson). */
  readonly lower: number;
  readonly upper: number;
}

export interface Calibration {
  /** Mean of (score − label)²; lower is better. */
  readonly brier: number;
  /** 1 − Brier ÷ Brier of the constant fraud rate: 0 says no more than the rate, 1 is perfect. */
  readonly brierSkill: number;
  /** Σ rows share × |mean score − fraud rate| over 15 bins of equally many rows. */
  readonly expectedCalibrationError: number;
  /** Σ scores ÷ frauds: 1 is right in the mean, 2 promises twice the fraud there is. */
  readonly promisedToObserved: number;
  /** Highest scores first; each bin promises about a tenth of all the fraud that the scores promise, so that rare fraud shows. */
  readonly reliability: readonly ReliabilityBin[];
}

const ERROR_BINS = 15;
const RELIABILITY_BINS = 10;
/** 97.5 % point of the normal distribution. */
const Z = 1.96;

interface Sums {
  rows: number;
  scores: number;
  frauds: number;
}

/** Wilson's interval of a rate: sound for few frauds and for none. */
export function wilsonInterval(rate: number, rows: number): { lower: number; upper: number } {
  const scale = 1 + (Z * Z) / rows;
  const centre = (rate + (Z * Z) / (2 * rows)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / rows + (Z * Z) / (4 * rows * rows));
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/** Cuts rows, riskiest first, into bins of equal `size` each (by `sizeOf` a row). Rows of one score stay together. */
function cutIntoBins(
  rows: ScoredRows,
  order: Uint32Array,
  bins: number,
  sizeOf: (row: number) => number,
): Sums[] {
  const total = order.reduce((sum, row) => sum + sizeOf(row), 0);
  const cut: Sums[] = [];
  let bin: Sums = { rows: 0, scores: 0, frauds: 0 };
  let size = 0;
  order.forEach((row, rank) => {
    const weight = rows.weight?.[row] ?? 1;
    bin.rows += weight;
    bin.scores += weight * rows.score[row];
    bin.frauds += weight * rows.label[row];
    size += sizeOf(row);
    const isTied = rank + 1 < order.length && rows.score[order[rank + 1]] === rows.score[row];
    // The last bin takes all that is left, whatever rounding says of its size.
    if (isTied || cut.length === bins - 1 || size < ((cut.length + 1) * total) / bins) return;
    cut.push(bin);
    bin = { rows: 0, scores: 0, frauds: 0 };
  });
  if (bin.rows > 0) cut.push(bin);
  return cut;
}

/** @returns undefined when some score is outside 0 … 1: it is no probability, and there is nothing to calibrate */
export function judgeCalibration(rows: ScoredRows): Calibration | undefined {
  if (!rows.score.every((score) => score >= 0 && score <= 1)) return undefined;
  const weightOf = (row: number) => rows.weight?.[row] ?? 1;
  const total: Sums = { rows: 0, scores: 0, frauds: 0 };
  let squares = 0;
  for (let row = 0; row < rows.label.length; row++) {
    const weight = weightOf(row);
    total.rows += weight;
    total.scores += weight * rows.score[row];
    total.frauds += weight * rows.label[row];
    squares += weight * (rows.score[row] - rows.label[row]) ** 2;
  }
  const order = orderByScore(rows.score);
  const rate = total.frauds / total.rows;
  const brier = squares / total.rows;
  const equalRows = cutIntoBins(rows, order, ERROR_BINS, weightOf);
  const equalPromise = cutIntoBins(rows, order, RELIABILITY_BINS, (row) => weightOf(row) * rows.score[row]);
  return {
    brier,
    brierSkill: 1 - brier / (rate * (1 - rate)),
    expectedCalibrationError:
      equalRows.reduce((sum, bin) => sum + Math.abs(bin.scores - bin.frauds), 0) / total.rows,
    promisedToObserved: total.scores / total.frauds,
    reliability: equalPromise.map((bin) => {
      const fraudRate = bin.frauds / bin.rows;
      const interval = wilsonInterval(fraudRate, bin.rows);
      return { rows: bin.rows, meanScore: bin.scores / bin.rows, fraudRate, ...interval };
    }),
  };
}
