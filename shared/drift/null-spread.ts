// shared/drift/null-spread.ts: how much quiet windows differ from each other: the reference's own days are the yardstick.
import type { DriftColumn, DriftSource } from './columns.ts';
import { addDays, type DayCounts } from './day-counts.ts';

/** Added to a count so that an empty bin has a share: half a card-day. */
const HALF = 0.5;
/** Anscombe's constant: the root of a count of chance plus this has the same spread whatever the count. */
const ANSCOMBE = 3 / 8;

/** Starts of all windows of `windowDays` consecutive days. */
const windowStarts = (days: number, windowDays: number): number[] =>
  Array.from({ length: Math.max(0, days - windowDays + 1) }, (_, start) => start);

const shareOf = (total: DayCounts, column: number, bin: number): number =>
  ((total.bins[column]?.[bin] ?? 0) + HALF) / (total.cardDays + 1);

/** Squared deviation over what chance alone gives, averaged over `groups`. */
function dispersion(groups: readonly DayCounts[], share: number, column: number, bin: number): number {
  let sum = 0;
  for (const { cardDays, bins } of groups) {
    const expected = Math.max(1e-9, cardDays * share);
    sum += ((bins[column]?.[bin] ?? 0) - expected) ** 2 / expected;
  }
  return sum / Math.max(1, groups.length);
}

/**
 * Variance of each bin's count against that of pure chance (Poisson), by column and bin; at least 1. The larger of two: from day to day,
 * and from window to window, where what lasts for several days shows.
 */
export function measureSpread(days: readonly DayCounts[], total: DayCounts, windowDays: number): number[][] {
  const windows = windowStarts(days.length, windowDays).map((start) =>
    addDays(days.slice(start, start + windowDays), total),
  );
  // A window is part of the mean it is compared with.
  const unbiased = days.length / Math.max(1, days.length - windowDays);
  return total.bins.map((bins, column) =>
    Array.from(bins, (_, bin) => {
      const share = shareOf(total, column, bin);
      return Math.max(
        1,
        dispersion(days, share, column, bin),
        unbiased * dispersion(windows, share, column, bin),
      );
    }),
  );
}

/** The bin of a column that deviates most, in standard deviations of quiet windows; the sign says which way. */
export interface Deviation {
  readonly bin: number;
  readonly deviations: number;
}

/** How quiet windows of one column behave, by bin. */
export interface QuietColumn {
  /** Variance of the count against that of chance. */
  readonly spread: readonly number[];
  /** How fast the root of the share moved, per day. */
  readonly trend: readonly number[];
}

/** @param gapDays from the middle of the reference to the middle of the window: what moved then may have gone on */
export function measureDeviation(
  window: DayCounts,
  reference: DayCounts,
  column: number,
  { quiet: { spread, trend }, gapDays }: { readonly quiet: QuietColumn; readonly gapDays: number },
): Deviation {
  let most: Deviation = { bin: 0, deviations: 0 };
  // The reference is a sample, too.
  const own = 1 + window.cardDays / Math.max(1, reference.cardDays);
  for (let bin = 0; bin < spread.length; bin++) {
    const expected = window.cardDays * shareOf(reference, column, bin);
    const counted = window.bins[column]?.[bin] ?? 0;
    const rise = 2 * (Math.sqrt(counted + ANSCOMBE) - Math.sqrt(expected + ANSCOMBE));
    const allowed = 2 * Math.sqrt(window.cardDays) * (trend[bin] ?? 0) * Math.abs(gapDays);
    const beyond = Math.sign(rise) * Math.max(0, Math.abs(rise) - allowed);
    const deviations = beyond / Math.sqrt((spread[bin] ?? 1) * own);
    if (Math.abs(deviations) > Math.abs(most.deviations)) most = { bin, deviations };
  }
  return most;
}

export interface QuietDays {
  readonly columns: readonly DriftColumn[];
  readonly total: DayCounts;
  readonly quiet: readonly QuietColumn[];
  readonly days: readonly DayCounts[];
  readonly windowDays: number;
}

/** Largest deviation, by source, of any window from the days around it: slow columns have no part in it. */
export function measureHighest({
  columns,
  total,
  quiet,
  days,
  windowDays,
}: QuietDays): Record<DriftSource, number> {
  const highest = new Map<DriftSource, number>();
  for (const start of windowStarts(days.length, windowDays)) {
    const window = addDays(days.slice(start, start + windowDays), total);
    const gapDays = start + windowDays / 2 - days.length / 2;
    const rest = addDays([...days.slice(0, start), ...days.slice(start + windowDays)], total);
    for (const [column, { source, isSlow }] of columns.entries()) {
      if (isSlow) continue;
      const own = quiet[column] ?? { spread: [], trend: [] };
      const { deviations } = measureDeviation(window, rest, column, { quiet: own, gapDays });
      highest.set(source, Math.max(highest.get(source) ?? 0, Math.abs(deviations)));
    }
  }
  const of = (source: DriftSource): number => Number((highest.get(source) ?? 0).toFixed(4));
  return {
    input: of('input'),
    missingness: of('missingness'),
    embedding: of('embedding'),
    surprise: of('surprise'),
    score: of('score'),
    'alert-rate': of('alert-rate'),
  };
}
