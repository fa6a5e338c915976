// shared/evaluation/ranked-column.ts: rows sorted by score once, so that average precision and AUC of any reweighting of cards take one pass.
import type { JudgedRows, Scores } from './scored-rows.ts';

/**
 * A score column in descending order, cut into pieces that hold either genuine rows alone or, with their ties, one score that
 * frauds have: a pass over a piece is a plain sum.
 */
export interface RankedColumn {
  /** Card of each row by rank; inside a piece genuine rows come first. */
  readonly card: Uint32Array;
  readonly weight: Float64Array | undefined;
  /** Piece p holds ranks start[p] … start[p + 1] − 1; its frauds begin at firstFraud[p]. */
  readonly start: Uint32Array;
  readonly firstFraud: Uint32Array;
}

/** Average precision (ties grouped) and area under the ROC curve (ties half) of one pass. NaN where a label is missing. */
export interface RankingFigures {
  averagePrecision: number;
  areaUnderCurve: number;
}

/** Row numbers by descending score. */
export function orderByScore(scores: Scores): Uint32Array {
  return Uint32Array.from(scores.keys()).sort((left, right) => scores[right] - scores[left]);
}

/** First rank after the rows that share the score at `rank`. */
function endOfTies(order: Uint32Array, scores: Scores, rank: number): number {
  const score = scores[order[rank]];
  let end = rank + 1;
  while (end < order.length && scores[order[end]] === score) end++;
  return end;
}

/** @param card cards renumbered 0 … n − 1, as the resampling counts them */
export function rankColumn(
  { label, weight }: Pick<JudgedRows, 'label' | 'weight'>,
  scores: Scores,
  card: Uint32Array,
): RankedColumn {
  const order = orderByScore(scores);
  const start: number[] = [0];
  const firstFraud: number[] = [];
  const close = (end: number, frauds: number): void => {
    if (end === start[start.length - 1]) return;
    firstFraud.push(end - frauds);
    start.push(end);
  };
  for (let rank = 0; rank < order.length; ) {
    const end = endOfTies(order, scores, rank);
    const tied = order.subarray(rank, end).sort((left, right) => label[left] - label[right]);
    const frauds = tied.reduce((sum, row) => sum + label[row], 0);
    if (frauds > 0) {
      close(rank, 0);
      close(end, frauds);
    }
    rank = end;
  }
  close(order.length, 0);
  return {
    card: Uint32Array.from(order, (row) => card[row]),
    weight: weight && Float64Array.from(order, (row) => weight[row]),
    start: Uint32Array.from(start),
    firstFraud: Uint32Array.from(firstFraud),
  };
}

/** Rows from `from` up to `end`, each as often as its card was drawn and as heavy as it is. */
function sumDrawn({ card, weight }: RankedColumn, times: Uint16Array, from: number, end: number): number {
  let sum = 0;
  if (weight === undefined) for (let rank = from; rank < end; rank++) sum += times[card[rank]];
  else for (let rank = from; rank < end; rank++) sum += times[card[rank]] * weight[rank];
  return sum;
}

/** @param times how often each card was drawn */
export function measureRanked(ranked: RankedColumn, times: Uint16Array): RankingFigures {
  const { start, firstFraud } = ranked;
  let fraudsAbove = 0;
  let genuineAbove = 0;
  let precisionSum = 0;
  let orderedPairs = 0;
  for (let piece = 0; piece < firstFraud.length; piece++) {
    const genuine = sumDrawn(ranked, times, start[piece], firstFraud[piece]);
    const frauds = sumDrawn(ranked, times, firstFraud[piece], start[piece + 1]);
    orderedPairs += genuine * (fraudsAbove + frauds / 2);
    fraudsAbove += frauds;
    genuineAbove += genuine;
    if (frauds > 0) precisionSum += frauds * (fraudsAbove / (fraudsAbove + genuineAbove));
  }
  return {
    averagePrecision: precisionSum / fraudsAbove,
    areaUnderCurve: orderedPairs / (fraudsAbove * genuineAbove),
  };
}
