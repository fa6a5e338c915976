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

function totalsFromRing(
  { view, firstByte, count, asOf }: EntityView,
  fromMs: number,
  toMs: number,
): WindowTotals {
  const totals = { count: 0, sum: 0, frauds: 0 };
  for (let at = firstByte + (count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const timeMs = readTimeMs(view, at);
    if (timeMs <= fromMs) break;
    if (timeMs > toMs) continue;
    const type = view.getUint8(at + 6);
    if (isSpend(type)) {
      totals.count++;
      totals.sum += view.getFloat32(at + 20, true);
      if (isFraudKnown(view, at, asOf.timeMs)) totals.frauds++;
    } else if (isReturn(type)) {
      totals.sum -= view.getFloat32(at + 20, true);
    }
  }
  return totals;
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
 * Totals of spending events with fromMs < event time ≤ toMs, strictly before the view's position. Exact while the
 * ring reaches back to `fromMs`; beyond that from day buckets, whose labels count from the midnight after they were learnt.
 */
export function totalsBetween(entity: EntityView, fromMs: number, toMs: number): WindowTotals {
  return fromMs >= entity.completeSinceMs
    ? totalsFromRing(entity, fromMs, toMs)
    : totalsFromDays(entity, fromMs, toMs);
}
