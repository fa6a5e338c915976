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
  /** Frauds that were known at the view's position; see `countsFrauds`. */
  readonly frauds: number;
}

/** True when the event at byte `at` was known to be fraud at `asOfMs`. */
export function isFraudKnown(view: DataView, at: number, asOfMs: number): boolean {
  if (view.getUint8(at + 40) !== LABELS.fraud) return false;
  return readTimeMs(view, at) + view.getUint16(at + 42, true) * HOUR_MS <= asOfMs;
}

/** Windows that end together, and what of them is wanted. */
export interface WindowQuery {
  /** Last instant inside, ms. */
  readonly toMs: number;
  /** Lengths, ascending, at most four. */
  readonly windowsDays: readonly number[];
  /** False leaves `frauds` at 0: reading them from day buckets costs as much as all the rest. */
  readonly countsFrauds: boolean;
}

interface MutableTotals {
  count: number;
  sum: number;
  frauds: number;
}

/** Instants after which the events of each window lie. Scratch: valid during one call. */
const starts = new Float64Array(4);

/** Adds the event at byte `at`. */
function addEvent(totals: MutableTotals, view: DataView, at: number, asOfMs: number): void {
  const type = view.getUint8(at + 6);
  if (isSpend(type)) {
    totals.count++;
    totals.sum += view.getFloat32(at + 20, true);
    if (isFraudKnown(view, at, asOfMs)) totals.frauds++;
  } else if (isReturn(type)) {
    totals.sum -= view.getFloat32(at + 20, true);
  }
}

/** Adds each ring event to the shortest of the first `exact` windows that holds it, then each window to the next. */
function addRing(all: readonly MutableTotals[], entity: EntityView, toMs: number, exact: number): void {
  const { view, firstByte, count, asOf } = entity;
  let band = 0;
  for (let at = firstByte + (count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const timeMs = readTimeMs(view, at);
    if (timeMs > toMs) continue;
    while (band < exact && timeMs <= (starts[band] ?? 0)) band++;
    const totals = band < exact ? all[band] : undefined;
    if (totals === undefined) break;
    addEvent(totals, view, at, asOf.timeMs);
  }
  for (let window = 1; window < exact; window++) {
    const [shorter, longer] = [all[window - 1], all[window]];
    if (shorter === undefined || longer === undefined) break;
    longer.count += shorter.count;
    longer.sum += shorter.sum;
    longer.frauds += shorter.frauds;
  }
}

/** Adds day buckets to the windows from `first` on. A day that a window cuts counts by the share that lies inside: its events are taken as evenly spread. */
function addDays(all: readonly MutableTotals[], entity: EntityView, query: WindowQuery, first: number): void {
  const { buckets, asOf } = entity;
  const earliestMs = starts[all.length - 1] ?? 0;
  for (let index = buckets.count - 1; index >= 0; index--) {
    const startMs = buckets.dayOf(index) * DAY_MS;
    if (startMs >= query.toMs) continue;
    const endMs = Math.min(startMs + DAY_MS, Math.max(asOf.timeMs, startMs + 1));
    if (endMs <= earliestMs) break;
    const count = buckets.countOf(index);
    const sum = buckets.amountOf(index);
    const frauds = query.countsFrauds ? buckets.fraudKnownBy(index, asOf.timeMs) : 0;
    const insideEndMs = Math.min(endMs, query.toMs);
    for (let window = first; window < all.length; window++) {
      const inside = insideEndMs - Math.max(startMs, starts[window] ?? 0);
      const totals = all[window];
      if (inside <= 0 || totals === undefined) continue;
      const share = inside / (endMs - startMs);
      totals.count += share * count;
      totals.sum += share * sum;
      totals.frauds += share * frauds;
    }
  }
}

/**
 * Totals of spending events in windows that all end at `toMs`, in the order of `windowsDays`: event time after the
 * window's start, up to and with `toMs`, strictly before the view's position. Exact while the ring reaches back to
 * the start; beyond that from day buckets, whose labels count from the midnight after they were learnt.
 */
export function totalsUntil(entity: EntityView, query: WindowQuery): readonly WindowTotals[] {
  const all: MutableTotals[] = [];
  let exact = 0;
  for (const days of query.windowsDays) {
    const startMs = query.toMs - days * DAY_MS;
    starts[all.length] = startMs;
    all.push({ count: 0, sum: 0, frauds: 0 });
    if (startMs >= entity.completeSinceMs) exact = all.length;
  }
  if (exact > 0 && entity.count > 0) addRing(all, entity, query.toMs, exact);
  if (exact < all.length) addDays(all, entity, query, exact);
  return all;
}

/** Totals of a window without anything in it. */
export const NO_TOTALS: WindowTotals = { count: 0, sum: 0, frauds: 0 };
