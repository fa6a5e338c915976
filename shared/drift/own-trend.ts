// shared/drift/own-trend.ts: what was moving within the reference already may go on moving: histories grow, seasons pass.
import { addDays, type DayCounts } from './day-counts.ts';

/** A difference of the two halves counts from so many standard errors on: less is chance, in six bins of seven. */
const LEAST_ERRORS = 1.5;

/**
 * How fast the root of each bin's share moved, per day, beyond what chance explains; by column and bin, ≥ 0. In roots a count of chance
 * has the same spread whatever its size.
 * @param spreads variance of each bin's count against chance
 */
export function measureTrend(
  days: readonly DayCounts[],
  spreads: readonly (readonly number[])[],
): number[][] {
  const middle = Math.floor(days.length / 2);
  const [first] = days;
  if (!first || middle === 0) return spreads.map((ofColumn) => ofColumn.map(() => 0));
  const early = addDays(days.slice(0, middle), first);
  const late = addDays(days.slice(middle), first);
  const rootOf = ({ bins, cardDays }: DayCounts, column: number, bin: number): number =>
    Math.sqrt((bins[column]?.[bin] ?? 0) / Math.max(1, cardDays));
  const chance = 1 / Math.max(1, early.cardDays) + 1 / Math.max(1, late.cardDays);
  return spreads.map((ofColumn, column) =>
    ofColumn.map((spread, bin) => {
      const moved = Math.abs(rootOf(late, column, bin) - rootOf(early, column, bin));
      // The root of a count has a quarter of its relative variance.
      const error = Math.sqrt(spread * chance) / 2;
      return Math.max(0, moved - LEAST_ERRORS * error) / (days.length / 2);
    }),
  );
}
