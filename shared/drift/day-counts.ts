// shared/drift/day-counts.ts: one day of event time as counts by column and bin, each card once a day; days add up to windows.
import { type BinEdges, binOf, countBins } from './bins.ts';
import type { DriftColumn } from './columns.ts';
import type { DriftRow } from './drift-row.ts';

/** What one or several days held. Kilobytes, however many rows. */
export interface DayCounts {
  readonly rows: number;
  readonly alerts: number;
  /** Expected frauds among all rows and among the alerts: sums of calibrated scores. */
  readonly expectedFrauds: number;
  readonly expectedAlertedFrauds: number;
  /** Cards, each counted once a day. */
  readonly cardDays: number;
  /** Per column, card-days with a value in each bin: a card may stand in several. */
  readonly bins: readonly Float64Array[];
}

/** Adds rows of one day up. */
export interface DayCounter {
  add(row: DriftRow): void;
  /** What it has so far; grows with further rows. */
  readonly counts: DayCounts;
}

export function createDayCounter(columns: readonly DriftColumn[], edges: readonly BinEdges[]): DayCounter {
  const counts = emptyCounts(edges.map(countBins));
  /** Per card, the bins it was already counted in, as bits per column: there are fewer than 31 bins. */
  const seen = new Map<number, Int32Array>();
  return {
    counts,
    add: (row) => {
      counts.rows++;
      counts.expectedFrauds += row.score;
      if (row.isAlert) {
        counts.alerts++;
        counts.expectedAlertedFrauds += row.score;
      }
      let ofCard = seen.get(row.card);
      if (!ofCard) {
        ofCard = new Int32Array(columns.length);
        seen.set(row.card, ofCard);
        counts.cardDays++;
      }
      for (let index = 0; index < columns.length; index++) {
        const bin = binOf(edges[index] ?? [], columns[index]?.read(row) ?? Number.NaN);
        const before = ofCard[index] ?? 0;
        const ofColumn = counts.bins[index];
        if ((before >> bin) & 1 || !ofColumn) continue;
        ofCard[index] = before | (1 << bin);
        ofColumn[bin] = (ofColumn[bin] ?? 0) + 1;
      }
    },
  };
}

function emptyCounts(widths: readonly number[]) {
  return {
    rows: 0,
    alerts: 0,
    expectedFrauds: 0,
    expectedAlertedFrauds: 0,
    cardDays: 0,
    bins: widths.map((width) => new Float64Array(width)),
  };
}

/** The sum of several days; of none, all zero. @param like has the columns and bins of the days */
export function addDays(days: readonly DayCounts[], like: Pick<DayCounts, 'bins'>): DayCounts {
  const sum = emptyCounts(like.bins.map(({ length }) => length));
  for (const day of days) {
    sum.rows += day.rows;
    sum.alerts += day.alerts;
    sum.expectedFrauds += day.expectedFrauds;
    sum.expectedAlertedFrauds += day.expectedAlertedFrauds;
    sum.cardDays += day.cardDays;
    sum.bins.forEach((into, column) => {
      const from = day.bins[column];
      for (let bin = 0; bin < into.length; bin++) into[bin] = (into[bin] ?? 0) + (from?.[bin] ?? 0);
    });
  }
  return sum;
}
