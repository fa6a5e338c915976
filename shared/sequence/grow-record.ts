// shared/sequence/grow-record.ts: a record with one more event, edited in place on a workbench: ring, day bucket, remembered ids, header.
//
// The workbench is one buffer per thread, so an append allocates nothing but the bytes it returns. Nothing here is asynchronous.
import { addShare, type DayShare, dayShareOf, findDay, readDay } from './day-buckets.ts';
import { comparePosition, EVENT_BYTES, LABELS } from './packed-event.ts';
import {
  BUCKET_BYTES,
  countEvent,
  HEADER_BYTES,
  ID_BYTES,
  layoutOf,
  MAX_RECORD_BYTES,
  REMEMBERED_IDS,
  type RecordLayout,
  readNewestEvicted,
  ringAt,
  viewOf,
  writeLayout,
  writeNewestEvicted,
} from './record-layout.ts';
import type { RecordLimits } from './record-limits.ts';
import { countBefore, positionAt } from './ring.ts';
import type { EntityRecord } from './state-store.ts';
import { indexToEvict } from './thinning.ts';
import { cutTransient } from './transient-bytes.ts';

/** The record lies at 0 with room to grow, the event at EVENT_AT. */
export const EVENT_AT = 8192 - EVENT_BYTES;
const bench = new Uint8Array(8192);
/** The workbench, for reading between `layOut` and `growRecord`. */
export const benchView = viewOf(bench);

/** Puts record and event on the workbench. */
export function layOut(record: EntityRecord | undefined, event: Uint8Array): void {
  if (record === undefined) bench.fill(0, 0, HEADER_BYTES);
  else bench.set(record.length > MAX_RECORD_BYTES ? record.subarray(0, MAX_RECORD_BYTES) : record);
  bench.set(event, EVENT_AT);
}

/** Moves `[from, end)` to `to`. */
const move = (to: number, from: number, end: number): void => {
  bench.copyWithin(to, from, end);
};

/** Puts the event at `index` of the ring; `evict` is the index, among ring and event together, of the one that leaves, −1 for none. */
function insertEvent(layout: RecordLayout, index: number, evict: number): void {
  if (evict === index) return;
  const isEarlier = evict >= 0 && evict < index;
  if (isEarlier) move(ringAt(evict), ringAt(evict + 1), ringAt(index));
  else move(ringAt(index + 1), ringAt(index), evict < 0 ? layout.bytes : ringAt(evict - 1));
  move(ringAt(isEarlier ? index - 1 : index), EVENT_AT, EVENT_AT + EVENT_BYTES);
}

/** Adds the event's share to its day and drops days that are now too old. Returns the layout after it. */
function addToDay(layout: RecordLayout, share: DayShare, bucketDays: number): RecordLayout {
  if (share.count === 0 && share.sum === 0) return layout;
  const { bucketsAt, bucketCount, bytes } = layout;
  const newest = bucketCount > 0 ? readDay(benchView, bucketsAt + (bucketCount - 1) * BUCKET_BYTES) : 0;
  const oldestKept = Math.max(newest, share.day) - bucketDays + 1;
  if (share.day < oldestKept) return layout;
  let dropped = 0;
  while (dropped < bucketCount && readDay(benchView, bucketsAt + dropped * BUCKET_BYTES) < oldestKept)
    dropped += 1;
  if (dropped > 0) move(bucketsAt, bucketsAt + dropped * BUCKET_BYTES, bytes);
  const kept = bucketCount - dropped;
  const found = findDay(benchView, bucketsAt, { count: kept, day: share.day });
  const at = bucketsAt + (found >= 0 ? found : -found - 1) * BUCKET_BYTES;
  if (found < 0) {
    move(at + BUCKET_BYTES, at, bytes - dropped * BUCKET_BYTES);
    bench.fill(0, at, at + BUCKET_BYTES);
    benchView.setUint16(at, share.day, true);
  }
  addShare(benchView, at, share);
  return layoutOf(layout.ringCount, kept + (found < 0 ? 1 : 0), layout.evictedCount, layout.labelledCount);
}

/** Appends an id to the list of `count` at byte `at`, the earliest of a full list leaves. Returns the new count. */
function rememberId(list: { at: number; count: number; end: number }, id: number): number {
  const { at, count, end } = list;
  if (count === REMEMBERED_IDS) {
    move(at, at + ID_BYTES, at + count * ID_BYTES);
    benchView.setUint32(at + (count - 1) * ID_BYTES, id, true);
    return count;
  }
  const next = at + count * ID_BYTES;
  move(next + ID_BYTES, next, end);
  benchView.setUint32(next, id, true);
  return count + 1;
}

/** Remembers the id of the event that leaves, and among the labelled when it is a known fraud. */
function rememberLeaver(layout: RecordLayout, id: number, isFraud: boolean): RecordLayout {
  const { ringCount, bucketCount, evictedAt, evictedCount, labelledCount, bytes } = layout;
  const evicted = rememberId({ at: evictedAt, count: evictedCount, end: bytes }, id);
  const next = layoutOf(ringCount, bucketCount, evicted, labelledCount);
  if (!isFraud) return next;
  const labelled = rememberId({ at: next.labelledAt, count: labelledCount, end: next.bytes }, id);
  return layoutOf(ringCount, bucketCount, evicted, labelled);
}

/** A full ring gives up one event for the new one, or the new one itself. */
function replaceInRing(layout: RecordLayout, index: number, limits: RecordLimits): RecordLayout {
  const evict = indexToEvict(
    { ring: benchView, ringCount: layout.ringCount, eventAt: EVENT_AT, index },
    limits.thinning,
  );
  const leaverAt = evict === index ? EVENT_AT : ringAt(evict < index ? evict : evict - 1);
  const leaver = positionAt(benchView, leaverAt);
  const isFraud = benchView.getUint8(leaverAt + 40) === LABELS.fraud;
  if (comparePosition(benchView, leaverAt, readNewestEvicted(benchView)) > 0) {
    writeNewestEvicted(benchView, leaver);
  }
  insertEvent(layout, index, evict);
  return rememberLeaver(layout, leaver.idLow, isFraud);
}

/** Edits the record on the workbench so that the event beside it is in its place. The event must not be there already. Returns the length of the record. */
export function growRecord(layout: RecordLayout, limits: RecordLimits): number {
  const share = dayShareOf(benchView, EVENT_AT);
  const index = countBefore(benchView, layout.ringCount, positionAt(benchView, EVENT_AT));
  let next: RecordLayout;
  if (layout.ringCount >= limits.ringEvents) {
    next = replaceInRing(layout, index, limits);
  } else {
    insertEvent(layout, index, -1);
    next = layoutOf(layout.ringCount + 1, layout.bucketCount, layout.evictedCount, layout.labelledCount);
  }
  next = addToDay(next, share, limits.bucketDays);
  countEvent(benchView, benchView.getUint32(EVENT_AT, true));
  writeLayout(benchView, next);
  return next.bytes;
}

/** The first `length` bytes of the workbench, in memory of their own. */
export function takeOwned(length: number): EntityRecord {
  return bench.slice(0, length);
}

/** The same in memory for the lifetime of a chunk (transient-bytes.ts). */
export function takeTransient(length: number): EntityRecord {
  const cut = cutTransient(length);
  cut.set(bench.subarray(0, length));
  return cut;
}
