// shared/drift/drift-watch.ts: rows as they come → the judgement at the end of every day of event time.
import { createDayCounter, type DayCounter } from './day-counts.ts';
import type { DriftReference } from './drift-reference.ts';
import { type DriftRow, dayOf } from './drift-row.ts';
import {
  createDriftJudge,
  type DriftSettings,
  type DriftStatus,
  defaultDriftSettings,
} from './judge-drift.ts';

export interface DriftWatch {
  /**
   * Counts a row on its day. When it is the first of a later day, the day before is complete and judged.
   * @returns the new judgement when a day was judged
   */
  add(row: DriftRow): DriftStatus | undefined;
  /** Judges the day under way as if it were complete: at the end of a stream. */
  finish(): DriftStatus;
  readonly status: DriftStatus;
}

/** Memory: the counts of a few days, whatever the traffic. Rows of a day that was left behind are dropped. */
export function createDriftWatch(
  reference: DriftReference,
  settings: DriftSettings = defaultDriftSettings,
): DriftWatch {
  const judge = createDriftJudge(reference, settings);
  const edges = reference.columns.map((column) => column.edges);
  const keptDays = reference.windowDays + settings.windowsKept;
  const counters = new Map<number, DayCounter>();
  let today = Number.NEGATIVE_INFINITY;
  let status: DriftStatus = { decision: 'unknown', day: undefined, cause: undefined, latest: undefined };

  function judgeDays(): DriftStatus {
    for (const day of counters.keys()) if (day <= today - keptDays) counters.delete(day);
    if (counters.size > 0) status = judge.judge([...counters].map(([day, { counts }]) => ({ day, counts })));
    return status;
  }

  return {
    add: (row) => {
      const day = dayOf(row.eventTimeMs);
      if (day <= today - keptDays) return undefined;
      const isNext = day > today;
      const judged = isNext && counters.size > 0 ? judgeDays() : undefined;
      if (isNext) today = day;
      let counter = counters.get(day);
      if (!counter) {
        counter = createDayCounter(judge.columns, edges);
        counters.set(day, counter);
      }
      counter.add(row);
      return judged;
    },
    finish: judgeDays,
    get status() {
      return status;
    },
  };
}
