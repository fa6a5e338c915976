// test/quality/handbook-folds.ts: train and test rows of a fold of the Handbook protocol, and its three metrics.
import { areaUnderCurve, averagePrecision, cardPrecisionAtK } from '../../shared/evaluation/metrics.ts';
import { planSplits, selectSplit } from '../../shared/evaluation/time-split.ts';
import { DAY_MS, type HandbookData } from './handbook-data.ts';

/** Train starts on which recipes are chosen, and those on which they are judged. */
export const choosingFolds = ['2018-06-20', '2018-06-27', '2018-07-04', '2018-07-11'] as const;
export const judgedFolds = ['2018-07-25', '2018-08-01', '2018-08-08', '2018-08-15'] as const;

const TRAIN_DAYS = 7;
const DELAY_DAYS = 7;
const TEST_DAYS = 7;
/** Models may train on rows this far back. */
export const HISTORY_DAYS = 90;

export interface Fold {
  readonly start: string;
  /** Every fraud and a quarter of the rest, of `HISTORY_DAYS` up to the end of the train week. */
  readonly trainRows: Int32Array;
  /** All rows of the test week whose card is not known to be compromised. */
  readonly testRows: Int32Array;
}

/**
 * The rows of a fold. A card with a fraud in the train week, or up to the day whose labels the test day knows, is left out.
 * @param historyDays rows to train on, back from the end of the train week
 */
export function selectFold(data: HandbookData, start: string, historyDays = HISTORY_DAYS): Fold {
  const day = Int32Array.from(data.times, (time) => Math.floor(time / DAY_MS));
  const trainFrom = Date.parse(`${start}T00:00:00Z`) / DAY_MS;
  const plan = { trainFrom, trainDays: TRAIN_DAYS, delayDays: DELAY_DAYS, testDays: TEST_DAYS, splits: 1 };
  const [split] = planSplits(plan);
  const { test } = selectSplit({ day, card: Uint32Array.from(data.cards), label: data.labels }, split);
  const isTrained = (at: number, row: number) =>
    at >= split.trainUntil - historyDays && at < split.trainUntil && data.sampled[row] === 1;
  const trainRows = [...day.keys()].filter((row) => isTrained(day[row], row));
  return { start, trainRows: Int32Array.from(trainRows), testRows: Int32Array.from(test) };
}

export interface FoldMetrics {
  readonly averagePrecision: number;
  readonly areaUnderCurve: number;
  readonly cardPrecisionAt100: number;
}

/** @param scores of the fold's test rows, in their order */
export function measureFold(
  { labels, times, cards }: HandbookData,
  rows: Int32Array,
  scores: ArrayLike<number>,
): FoldMetrics {
  const ranking = { scores, labels: Uint8Array.from(rows, (row) => labels[row] ?? 0) };
  return {
    averagePrecision: averagePrecision(ranking),
    areaUnderCurve: areaUnderCurve(ranking),
    cardPrecisionAt100: cardPrecisionAtK(
      {
        ...ranking,
        cards: Int32Array.from(rows, (row) => cards[row] ?? 0),
        days: Int32Array.from(rows, (row) => Math.floor((times[row] ?? 0) / DAY_MS)),
      },
      100,
    ),
  };
}
