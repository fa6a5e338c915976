// shared/drift/measure-window.ts: a recent window against the reference: figures per column, and per source how far it left what is usual.
import { type DriftColumn, type DriftSource, driftSources } from './columns.ts';
import type { DayCounts } from './day-counts.ts';
import { type Distances, measureDistances } from './distances.ts';
import type { DriftReference } from './drift-reference.ts';
import { estimatePerformance, type PerformanceEstimate } from './estimate-performance.ts';
import { measureDeviation } from './null-spread.ts';

export interface DriftLimits {
  /** A source exceeds when it lies further out than anything in the reference by this factor … */
  readonly factor: number;
  /** … and by at least so many standard deviations of quiet windows: of many bins some always lies far out. */
  readonly leastDeviations: number;
}

/** One watched number of a window. */
export interface ColumnDrift extends Distances {
  readonly name: string;
  readonly source: DriftSource;
  readonly isSlow: boolean;
  /** Standard deviations of quiet windows, of the bin that moved most; the sign says which way. */
  readonly deviations: number;
}

export interface SourceDrift {
  readonly source: DriftSource;
  readonly deviations: number;
  /** Beyond it the window is no quiet one. */
  readonly limit: number;
  readonly exceeds: boolean;
  /** Names of the columns that lie furthest out, at most three. */
  readonly columns: readonly string[];
}

export interface WindowDrift {
  readonly rows: number;
  readonly cardDays: number;
  readonly sources: readonly SourceDrift[];
  readonly columns: readonly ColumnDrift[];
  readonly estimate: PerformanceEstimate;
}

const NAMED_COLUMNS = 3;

/** @param columns as planned for the reference; @param total its counts */
export function measureWindow(
  window: DayCounts,
  {
    reference,
    total,
    columns,
    day,
  }: {
    readonly reference: DriftReference;
    readonly total: DayCounts;
    readonly columns: readonly DriftColumn[];
    /** Last day of the window, days since the epoch. */
    readonly day: number;
  },
  limits: DriftLimits,
): WindowDrift {
  const gapDays = day - (reference.windowDays - 1) / 2 - (reference.firstDay + reference.lastDay) / 2;
  const measured = columns.map(({ name, source, isSlow }, index): ColumnDrift => {
    const { deviations } = measureDeviation(window, total, index, {
      quiet: reference.columns[index] ?? { spread: [], trend: [] },
      gapDays,
    });
    const [recent, usual] = [window.bins[index], total.bins[index]];
    return {
      name,
      source,
      isSlow,
      deviations,
      ...measureDistances(recent ?? new Float64Array(), usual ?? new Float64Array()),
    };
  });
  return {
    rows: window.rows,
    cardDays: window.cardDays,
    sources: driftSources.map((source) =>
      judgeSource(source, measured, reference.highest[source] ?? 0, limits),
    ),
    columns: measured,
    estimate: estimatePerformance(window),
  };
}

function judgeSource(
  source: DriftSource,
  columns: readonly ColumnDrift[],
  highest: number,
  { factor, leastDeviations }: DriftLimits,
): SourceDrift {
  const ranked = columns
    .filter((column) => column.source === source && !column.isSlow)
    .sort((left, right) => Math.abs(right.deviations) - Math.abs(left.deviations));
  const deviations = ranked[0]?.deviations ?? 0;
  const limit = Math.max(leastDeviations, factor * highest);
  return {
    source,
    deviations,
    limit,
    exceeds: Math.abs(deviations) > limit,
    columns: ranked.slice(0, NAMED_COLUMNS).map(({ name }) => name),
  };
}
