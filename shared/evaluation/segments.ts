// shared/evaluation/segments.ts: the same figures for parts of the rows: segments, fraud types, days.
import { judgeCalibration } from './calibration.ts';
import { type Estimate, estimateOf, type ResampleOptions, resampleCards } from './resample-cards.ts';
import { countReviews, type ReviewCost, type Reviewed, type ReviewFigures } from './review.ts';
import type { ScoredRows } from './scored-rows.ts';

/** One segment. Reviews are those of the whole portfolio's capacity: what this segment gets of them. */
export interface SegmentFigures {
  readonly segment: string;
  readonly rows: number;
  readonly frauds: number;
  readonly fraudRate: number;
  /** Absent where the segment holds one label only. */
  readonly averagePrecision?: Estimate;
  readonly areaUnderCurve?: Estimate;
  readonly brier?: number;
  /** Σ scores ÷ frauds; absent without frauds or probabilities. */
  readonly promisedToObserved?: number;
  readonly review: ReviewFigures;
}

/** One kind of fraud: its frauds among all genuine rows, other frauds left out. */
export interface FraudTypeFigures {
  readonly fraudType: string;
  readonly frauds: number;
  readonly averagePrecision: Estimate;
  readonly areaUnderCurve: Estimate;
  readonly review: ReviewFigures;
}

export interface DayFigures {
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly rows: number;
  readonly frauds: number;
  readonly review: ReviewFigures;
}

export interface SegmentOptions extends ResampleOptions, ReviewCost {
  readonly reviewed: Reviewed;
}

/** Rows with these numbers, every column cut. */
export function selectRows(rows: ScoredRows, numbers: readonly number[]): ScoredRows {
  const pick = <Value>(column: readonly Value[] | undefined) => column && numbers.map((row) => column[row]);
  return {
    card: Uint32Array.from(numbers, (row) => rows.card[row]),
    day: Int32Array.from(numbers, (row) => rows.day[row]),
    label: Uint8Array.from(numbers, (row) => rows.label[row]),
    score: Float64Array.from(numbers, (row) => rows.score[row]),
    transactionId: pick(rows.transactionId),
    amountMinor: rows.amountMinor && Float64Array.from(numbers, (row) => rows.amountMinor?.[row] ?? 0),
    weight: rows.weight && Float64Array.from(numbers, (row) => rows.weight?.[row] ?? 1),
    fraudType: pick(rows.fraudType),
  };
}

/** Row numbers by value, most rows first; rows without a value are left out. */
function groupRows(values: ArrayLike<string | number>): [value: string | number, numbers: number[]][] {
  const groups = new Map<string | number, number[]>();
  for (let row = 0; row < values.length; row++) {
    const numbers = groups.get(values[row]);
    if (numbers) numbers.push(row);
    else groups.set(values[row], [row]);
  }
  groups.delete('');
  return [...groups].sort(([, left], [, right]) => right.length - left.length);
}

const countFrauds = ({ label }: ScoredRows, numbers: readonly number[]): number =>
  numbers.reduce((sum, row) => sum + label[row], 0);

/** Reviews of some rows only. */
function reviewsOf(rows: ScoredRows, numbers: readonly number[], options: SegmentOptions): ReviewFigures {
  const part = Float32Array.from(numbers, (row) => options.reviewed.part[row]);
  return countReviews(selectRows(rows, numbers), { ...options.reviewed, part }, options);
}

function rankingOf(part: ScoredRows, options: ResampleOptions) {
  const [ranked] = resampleCards([{ rows: part, scores: { score: [part.score] } }], options).values();
  return {
    averagePrecision: estimateOf(ranked, 'averagePrecision'),
    areaUnderCurve: estimateOf(ranked, 'areaUnderCurve'),
  };
}

/** Figures of every segment of one segmenting, most rows first. */
export function judgeSegments(
  rows: ScoredRows,
  segmentOfRow: readonly string[],
  options: SegmentOptions,
): SegmentFigures[] {
  return groupRows(segmentOfRow).map(([segment, numbers]) => {
    const part = selectRows(rows, numbers);
    const frauds = countFrauds(rows, numbers);
    const hasBoth = frauds > 0 && frauds < numbers.length;
    const calibration = hasBoth ? judgeCalibration(part) : undefined;
    return {
      segment: String(segment),
      rows: numbers.length,
      frauds,
      fraudRate: frauds / numbers.length,
      ...(hasBoth ? rankingOf(part, options) : {}),
      ...(calibration && { brier: calibration.brier, promisedToObserved: calibration.promisedToObserved }),
      review: reviewsOf(rows, numbers, options),
    };
  });
}

/** Figures of every kind of fraud, most frauds first. */
export function judgeFraudTypes(
  rows: ScoredRows,
  fraudTypes: readonly string[],
  options: SegmentOptions,
): FraudTypeFigures[] {
  const genuine = [...rows.label.keys()].filter((row) => rows.label[row] === 0);
  const types = fraudTypes.map((type, row) => (rows.label[row] === 1 ? type : ''));
  return groupRows(types).map(([fraudType, numbers]) => ({
    fraudType: String(fraudType),
    frauds: numbers.length,
    ...rankingOf(selectRows(rows, [...numbers, ...genuine]), options),
    review: reviewsOf(rows, numbers, options),
  }));
}

/** Figures of every day, in order. */
export function judgeDays(rows: ScoredRows, options: SegmentOptions): DayFigures[] {
  return groupRows(rows.day)
    .map(([day, numbers]) => ({
      day: Number(day),
      rows: numbers.length,
      frauds: countFrauds(rows, numbers),
      review: reviewsOf(rows, numbers, options),
    }))
    .sort((left, right) => left.day - right.day);
}
