// shared/features/window-totals.ts: count, sum and known frauds of an entity's history in a time window: exact from the ring, else from day buckets.
import type { EntityView } from '../sequence/entity-view.ts';
import { EVENT_BYTES, LABELS, readTimeMs } from '../sequence/packed-event.ts';
import { isReturn, isSpend } from './codes.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Totals of a window; amounts in reference units, refunds and reversals subtracted. */
export interface WindowTotals {
  readonly count: number;
  readonly sum: number;
  /** Frauds that were known at the view's position. */
  readonly frauds: number;
}

/** True when the event at byte `at` was known to be fraud at `asOfMs`. */
export function isFraudKnown(view: DataView, at: number, asOfMs: number): boolean {
  if (view.getUint8(at + 40) !== LABELS.fraud) return false;
  return readTimeMs(view, at) + view.getUint16(at + 42, true) * HOUR_MS <= asOfMs;
}

/** Most windows in one call. */
const MOST_WINDOWS = 4;
const counts = new Float64Array(MOST_WINDOWS);
const sums = new Float64Array(MOST_WINDOWS);
const frauds = new Float64Array(MOST_WINDOWS);
const starts = new Float64Array(MOST_WINDOWS);

/** Adds the event at byte `at` to window `band`. */
function addEvent(view: DataView, at: number, asOfMs: number, band: number): void {
  const type = view.getUint8(at + 6);
  if (isSpend(type)) {
    counts[band] = (counts[band] ?? 0) + 1;
    sums[band] = (sums[band] ?? 0) + view.getFloat32(at + 20, true);
    if (isFraudKnown(view, at, asOfMs)) frauds[band] = (frauds[band] ?? 0) + 1;
  } else if (isReturn(type)) {
    sums[band] = (sums[band] ?? 0) - view.getFloat32(at + 20, true);
  }
}

/** Adds each ring event to the shortest of the first `windows` windows that holds it. */
function bandRing({ view, firstByte, count, asOf }: EntityView, toMs: number, windows: number): void {
  let band = 0;
  for (let at = firstByte + (count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const timeMs = readTimeMs(view, at);
    if (timeMs > toMs) continue;
    while (band < windows && timeMs <= (starts[band] ?? 0)) band++;
    if (band === windows) return;
    addEvent(view, at, asOf.timeMs, band);
  }
}

/** Days that the window cuts are counted by the share that lies inside: their events are taken as evenly spread. */
function totalsFromDays({ buckets, asOf }: EntityView, fromMs: number, toMs: number): WindowTotals {
  const totals = { count: 0, sum: 0, frauds: 0 };
  for (let index = buckets.count - 1; index >= 0; index--) {
    const startMs = buckets.dayOf(index) * DAY_MS;
    const endMs = Math.min(startMs + DAY_MS, Math.max(asOf.timeMs, startMs + 1));
    if (endMs <= fromMs) break;
    const inside = Math.min(endMs, toMs) - Math.max(startMs, fromMs);
    if (inside <= 0) continue;
    const share = inside / (endMs - startMs);
    totals.count += share * buckets.countOf(index);
    totals.sum += share * buckets.amountOf(index);
    totals.frauds += share * buckets.fraudKnownBy(index, asOf.timeMs);
  }
  return totals;
}

/**
 * Totals of spending events in windows of `windowsDays` (ascending, at most four) that all end at `toMs`: event time
 * after the window's start, up to and with `toMs`, strictly before the view's position. Exact while the ring reaches
 * back to the start; beyond that from day buckets, whose labels count from the midnight after they were learnt.
 */
export function totalsUntil(
  entity: EntityView,
  toMs: number,
  windowsDays: readonly number[],
): WindowTotals[] {
  let exact = 0;
  for (const days of windowsDays) {
    const fromMs = toMs - days * DAY_MS;
    if (fromMs < entity.completeSinceMs) break;
    starts[exact] = fromMs;
    counts[exact] = 0;
    sums[exact] = 0;
    frauds[exact] = 0;
    exact++;
  }
  if (exact > 0) bandRing(entity, toMs, exact);
  let [count, sum, known] = [0, 0, 0];
  return windowsDays.map((days, window) => {
    if (window >= exact) return totalsFromDays(entity, toMs - days * DAY_MS, toMs);
    count += counts[window] ?? 0;
    sum += sums[window] ?? 0;
    known += frauds[window] ?? 0;
    return { count, sum, frauds: known };
  });
}

/** Totals of a window without anything in it. */
export const NO_TOTALS: WindowTotals = { count: 0, sum: 0, frauds: 0 };
