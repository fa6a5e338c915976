// shared/evaluation/review.ts: which rows people would look at, given how many they can look at.
import { orderByScore } from './ranked-column.ts';
import type { ScoredRows, Scores } from './scored-rows.ts';

/** How much can be reviewed: a share of all transactions, or transactions per day. */
export type ReviewCapacity = { readonly share: number } | { readonly perDay: number };

export interface Reviewed {
  /** Per row, 0 … 1: the part that is reviewed. Rows with the score at the edge share what is left of the capacity. */
  readonly part: Float32Array;
  /** Lowest score of a row that is reviewed, in part at least; with a capacity per day the lowest of all days. */
  readonly lowestScore: number;
}

/** Marks rows of `order` (descending score) until `capacity` rows, counted by weight, are used up. */
function fillCapacity(
  order: Uint32Array,
  { score, weight }: { readonly score: Scores; readonly weight: ScoredRows['weight'] },
  capacity: number,
  part: Float32Array,
): number {
  let left = capacity;
  let rank = 0;
  let lowest = Number.POSITIVE_INFINITY;
  while (rank < order.length && left > 0) {
    let end = rank;
    let size = 0;
    const edge = score[order[rank]];
    for (; end < order.length && score[order[end]] === edge; end++) size += weight?.[order[end]] ?? 1;
    const share = Math.min(1, left / size);
    for (; rank < end; rank++) part[order[rank]] = share;
    left -= size;
    lowest = edge;
  }
  return lowest;
}

function totalWeight({ label, weight }: ScoredRows): number {
  return label.reduce((sum, _, row) => sum + (weight?.[row] ?? 1), 0);
}

/** Row numbers of each day, by descending score. */
function orderByDay(rows: ScoredRows): Map<number, Uint32Array> {
  const byDay = new Map<number, number[]>();
  for (const row of orderByScore(rows.score)) {
    const ofDay = byDay.get(rows.day[row]);
    if (ofDay) ofDay.push(row);
    else byDay.set(rows.day[row], [row]);
  }
  return new Map([...byDay].map(([day, numbers]) => [day, Uint32Array.from(numbers)]));
}

/** The riskiest rows that fit the capacity: over the whole window for a share, day by day for a number per day. */
export function reviewWithin(rows: ScoredRows, capacity: ReviewCapacity): Reviewed {
  const part = new Float32Array(rows.label.length);
  const columns = { score: rows.score, weight: rows.weight };
  if ('share' in capacity) {
    const budget = capacity.share * totalWeight(rows);
    return { part, lowestScore: fillCapacity(orderByScore(rows.score), columns, budget, part) };
  }
  const edges = [...orderByDay(rows).values()].map((order) =>
    fillCapacity(order, columns, capacity.perDay, part),
  );
  return {
    part,
    lowestScore: edges.reduce((lowest, edge) => Math.min(lowest, edge), Number.POSITIVE_INFINITY),
  };
}

/** What the reviews found and what went through. Money in minor units; absent without amounts. */
export interface ReviewFigures {
  /** Rows reviewed, by weight. */
  readonly reviewed: number;
  readonly fraudsFound: number;
  readonly fraudsMissed: number;
  /** Frauds found ÷ frauds: recall at this capacity. */
  readonly recall: number;
  /** Frauds found ÷ rows reviewed; NaN when nothing was reviewed. */
  readonly precision: number;
  readonly cost?: Cost;
}

/** What fraud cost, seen from whoever bears it: a fraud that is reviewed is taken to be stopped in full. */
export interface Cost {
  /** Amounts of frauds that nobody looked at. */
  readonly lostMinor: number;
  /** Amounts of frauds that were reviewed. */
  readonly savedMinor: number;
  /** saved ÷ (saved + lost). */
  readonly savedShare: number;
  /** Reviews × what one costs. */
  readonly reviewMinor: number;
  /** saved − reviews: below 0 the reviews cost more than they save. */
  readonly gainMinor: number;
}

export interface ReviewCost {
  /** What one review costs, minor units; default 0. */
  readonly reviewCostMinor?: number | undefined;
}

/** Figures over the rows that `includes`; all rows by default. */
export function countReviews(
  rows: ScoredRows,
  { part }: Reviewed,
  { reviewCostMinor = 0 }: ReviewCost,
  includes: (row: number) => boolean = () => true,
): ReviewFigures {
  const sum = { reviewed: 0, found: 0, missed: 0, saved: 0, lost: 0 };
  for (let row = 0; row < part.length; row++) {
    if (!includes(row)) continue;
    const weight = rows.weight?.[row] ?? 1;
    const amount = rows.amountMinor?.[row] ?? 0;
    sum.reviewed += weight * part[row];
    if (rows.label[row] !== 1) continue;
    sum.found += weight * part[row];
    sum.missed += weight * (1 - part[row]);
    sum.saved += weight * part[row] * amount;
    sum.lost += weight * (1 - part[row]) * amount;
  }
  const figures = {
    reviewed: sum.reviewed,
    fraudsFound: sum.found,
    fraudsMissed: sum.missed,
    recall: sum.found / (sum.found + sum.missed),
    precision: sum.found / sum.reviewed,
  };
  if (rows.amountMinor === undefined) return figures;
  const reviewMinor = sum.reviewed * reviewCostMinor;
  const cost = {
    lostMinor: sum.lost,
    savedMinor: sum.saved,
    savedShare: sum.saved / (sum.saved + sum.lost),
    reviewMinor,
    gainMinor: sum.saved - reviewMinor,
  };
  return { ...figures, cost };
}
