// shared/evaluation/evaluate.ts: everything said about one score column: ranking, reviews, calibration, money, segments, days.
import { type Calibration, judgeCalibration } from './calibration.ts';
import {
  type PrecisionRecallPoint,
  precisionRecallCurve,
  type ScoreHistogram,
  scoreHistogram,
} from './curves.ts';
import { cardPrecisionAtK } from './metrics.ts';
import { type Estimate, estimateOf, type ResampleOptions, resampleCards } from './resample-cards.ts';
import {
  countReviews,
  type ReviewCapacity,
  type ReviewCost,
  type ReviewFigures,
  reviewWithin,
} from './review.ts';
import { requireJudgeable, type ScoredRows } from './scored-rows.ts';
import {
  type DayFigures,
  type FraudTypeFigures,
  judgeDays,
  judgeFraudTypes,
  judgeSegments,
  type SegmentFigures,
} from './segments.ts';

export interface EvaluationOptions extends ResampleOptions, ReviewCost {
  /** How much people can look at; default 0.5 % of the transactions. */
  readonly capacity?: ReviewCapacity;
  /** Cards per day of the card precision; default 100. */
  readonly cardsPerDay?: number;
}

/** Plain JSON. Counts of rows and frauds are unweighted; rates and metrics use the weights. */
export interface Evaluation {
  readonly rows: number;
  readonly frauds: number;
  readonly cards: number;
  /** First and last day, days since 1970-01-01 UTC. */
  readonly firstDay: number;
  readonly lastDay: number;
  readonly averagePrecision: Estimate;
  readonly areaUnderCurve: Estimate;
  /** CP@k: per day the precision among the k riskiest cards; a card detected is left out on later days. Unweighted. */
  readonly cardPrecision: { readonly k: number; readonly value: number };
  readonly review: ReviewFigures & { readonly capacity: ReviewCapacity; readonly lowestScore: number };
  /** Absent when scores are no probabilities. */
  readonly calibration?: Calibration;
  readonly days: readonly DayFigures[];
  readonly segments: Readonly<Record<string, readonly SegmentFigures[]>>;
  readonly fraudTypes: readonly FraudTypeFigures[];
  readonly precisionRecall: readonly PrecisionRecallPoint[];
  readonly histogram: ScoreHistogram;
}

const DEFAULT_CAPACITY: ReviewCapacity = { share: 0.005 };

function daysSpanned(day: Int32Array): { firstDay: number; lastDay: number } {
  const firstDay = day.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  return { firstDay, lastDay: day.reduce((most, value) => Math.max(most, value), firstDay) };
}

/**
 * Judges one score column. Intervals are 95 %, by bootstrap over cards (`rounds: 0` leaves them NaN and is fast).
 * Rows must carry final labels: leave out what is younger than the label delay.
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE for rows or scores that cannot be judged
 */
export function evaluateScores(rows: ScoredRows, options: EvaluationOptions = {}): Evaluation {
  requireJudgeable(rows, { score: rows.score });
  const { capacity = DEFAULT_CAPACITY, cardsPerDay = 100 } = options;
  const [ranking] = resampleCards([{ rows, scores: { score: [rows.score] } }], options).values();
  const reviewed = reviewWithin(rows, capacity);
  const partOptions = { ...options, reviewed };
  const calibration = judgeCalibration(rows);
  const cards = { scores: rows.score, labels: rows.label, cards: rows.card, days: rows.day };
  return {
    rows: rows.label.length,
    frauds: rows.label.reduce((sum, label) => sum + label, 0),
    cards: new Set(rows.card).size,
    ...daysSpanned(rows.day),
    averagePrecision: estimateOf(ranking, 'averagePrecision'),
    areaUnderCurve: estimateOf(ranking, 'areaUnderCurve'),
    cardPrecision: { k: cardsPerDay, value: cardPrecisionAtK(cards, cardsPerDay) },
    review: { ...countReviews(rows, reviewed, options), capacity, lowestScore: reviewed.lowestScore },
    ...(calibration && { calibration }),
    days: judgeDays(rows, partOptions),
    segments: Object.fromEntries(
      Object.entries(rows.segments ?? {}).map(([name, column]) => [
        name,
        judgeSegments(rows, column, partOptions),
      ]),
    ),
    fraudTypes: rows.fraudType ? judgeFraudTypes(rows, rows.fraudType, partOptions) : [],
    precisionRecall: precisionRecallCurve(rows),
    histogram: scoreHistogram(rows),
  };
}
