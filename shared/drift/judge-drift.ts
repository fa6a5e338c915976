// shared/drift/judge-drift.ts: READ FIRST: days of counts + reference → quiet, watch or drift, with the source that moved.
import { type DriftColumn, type DriftSource, planColumns } from './columns.ts';
import { addDays, type DayCounts } from './day-counts.ts';
import type { DriftReference } from './drift-reference.ts';
import { totalOf } from './drift-reference.ts';
import { type DriftLimits, measureWindow, type SourceDrift, type WindowDrift } from './measure-window.ts';

export interface DriftSettings extends DriftLimits {
  /** So many of the last … */
  readonly windowsNeeded: number;
  /** … so many daily windows must exceed. */
  readonly windowsKept: number;
  /** A window with fewer cards, each counted once a day, is not judged. */
  readonly leastCardDays: number;
}

/**
 * Chosen on simulated portfolios of other seeds than those that `npm run quality -- drift` judges. Half a year of quiet traffic moves the scores
 * by five deviations, too (`npm run quality -- loop`).
 */
export const defaultDriftSettings: DriftSettings = {
  factor: 1.5,
  leastDeviations: 6,
  windowsNeeded: 3,
  windowsKept: 4,
  leastCardDays: 200,
};

export interface DatedCounts {
  /** Days since the epoch, UTC. */
  readonly day: number;
  readonly counts: DayCounts;
}

/** `watch`: the latest window exceeds, which a quiet day may do; `drift`: it has lasted. `unknown`: too little traffic, or none yet. */
export type DriftDecision = 'unknown' | 'quiet' | 'watch' | 'drift';

export interface DriftStatus {
  readonly decision: DriftDecision;
  /** Last day that was judged; undefined while nothing was. */
  readonly day: number | undefined;
  /** The source furthest beyond its limit, where one exceeds. */
  readonly cause: SourceDrift | undefined;
  readonly latest: WindowDrift | undefined;
}

/** A reference made ready to judge by. */
export interface DriftJudge {
  readonly reference: DriftReference;
  readonly columns: readonly DriftColumn[];
  /** @param days complete days, in any order; older ones than the windows need are left alone */
  judge(days: readonly DatedCounts[]): DriftStatus;
}

export function createDriftJudge(
  reference: DriftReference,
  settings: DriftSettings = defaultDriftSettings,
): DriftJudge {
  const columns = planColumns(reference.inputs, reference.embedding);
  const parts = { reference, total: totalOf(reference), columns };
  const measureUpTo = (day: number, days: readonly DatedCounts[]): WindowDrift | undefined => {
    const firstDay = day - reference.windowDays + 1;
    // Part of a week is no week: its weekdays are others than the reference's.
    if (!days.some((one) => one.day <= firstDay)) return undefined;
    const recent = days.filter((one) => one.day <= day && one.day >= firstDay);
    const window = addDays(
      recent.map(({ counts }) => counts),
      parts.total,
    );
    return window.cardDays < settings.leastCardDays
      ? undefined
      : measureWindow(window, { ...parts, day }, settings);
  };
  return {
    reference,
    columns,
    judge: (days) => {
      const last = Math.max(...days.map(({ day }) => day));
      const windows = Array.from({ length: settings.windowsKept }, (_, back) =>
        measureUpTo(last - back, days),
      );
      const [latest] = windows;
      if (!latest) return { decision: 'unknown', day: undefined, cause: undefined, latest: undefined };
      return { ...decide(windows, latest, settings), day: last, latest };
    },
  };
}

function decide(
  windows: readonly (WindowDrift | undefined)[],
  latest: WindowDrift,
  { windowsNeeded }: DriftSettings,
): Pick<DriftStatus, 'decision' | 'cause'> {
  const beyond = ({ deviations, limit }: SourceDrift): number => Math.abs(deviations) / limit;
  const exceeding = latest.sources
    .filter(({ exceeds }) => exceeds)
    .sort((left, right) => beyond(right) - beyond(left));
  const lasts = (source: DriftSource): boolean =>
    windows.filter((window) => window?.sources.some((one) => one.source === source && one.exceeds)).length >=
    windowsNeeded;
  const lasting = exceeding.find(({ source }) => lasts(source));
  if (lasting) return { decision: 'drift', cause: lasting };
  const [first] = exceeding;
  return first ? { decision: 'watch', cause: first } : { decision: 'quiet', cause: undefined };
}
