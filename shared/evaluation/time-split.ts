// shared/evaluation/time-split.ts: train and test windows in time order with the label delay between them, and the rows of each.

/** Days since 1970-01-01 UTC; windows include their first day and end before `until`. */
export interface TimeSplit {
  readonly trainFrom: number;
  readonly trainUntil: number;
  readonly testFrom: number;
  readonly testUntil: number;
  /** Days between a transaction and its label: train and test are at least so far apart. */
  readonly delayDays: number;
}

export interface SplitPlan {
  /** First day of the first train window. */
  readonly trainFrom: number;
  readonly trainDays: number;
  readonly delayDays: number;
  readonly testDays: number;
  /** Days from one split to the next; default: the test days, so that test windows follow each other without overlap. */
  readonly everyDays?: number;
  readonly splits: number;
}

/** Splits one after the other (prequential evaluation). */
export function planSplits(plan: SplitPlan): TimeSplit[] {
  const { trainDays, delayDays, testDays, everyDays = testDays } = plan;
  return Array.from({ length: plan.splits }, (_, index) => {
    const trainFrom = plan.trainFrom + index * everyDays;
    const trainUntil = trainFrom + trainDays;
    const testFrom = trainUntil + delayDays;
    return { trainFrom, trainUntil, testFrom, testUntil: testFrom + testDays, delayDays };
  });
}

/** Labelled rows in event-time order. */
export interface SplitRows {
  readonly day: Int32Array;
  readonly card: Uint32Array;
  readonly label: Uint8Array;
}

export interface SplitRowNumbers {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Rows of a split. A card whose fraud is known by then is not tested any more: it is blocked. Known are the frauds of the train
 * window, and on test day d, as it goes on, those of the days up to d − delay − 1.
 */
export function selectSplit({ day, card, label }: SplitRows, split: TimeSplit): SplitRowNumbers {
  const firstKnown = firstFraudDays({ day, card, label }, split);
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < day.length; row++) {
    const at = day[row];
    if (at >= split.trainFrom && at < split.trainUntil) train.push(row);
    if (at < split.testFrom || at >= split.testUntil) continue;
    const fraudDay = firstKnown.get(card[row]);
    if (fraudDay === undefined || fraudDay > at - split.delayDays - 1) test.push(row);
  }
  return { train: Uint32Array.from(train), test: Uint32Array.from(test) };
}

/** First day with a fraud since the train window began, by card. Train days count as known from the first test day on. */
function firstFraudDays({ day, card, label }: SplitRows, split: TimeSplit): Map<number, number> {
  const first = new Map<number, number>();
  for (let row = 0; row < day.length; row++) {
    if (label[row] !== 1 || day[row] < split.trainFrom || day[row] >= split.testUntil) continue;
    const known = first.get(card[row]);
    if (known === undefined || day[row] < known) first.set(card[row], day[row]);
  }
  return first;
}
