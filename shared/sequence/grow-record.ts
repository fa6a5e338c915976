// shared/sequence/grow-record.ts: assembles the bytes of a record with one more event: ring, day bucket, remembered ids, header.
import { addShare, type DayShare, dayShareOf, findDay, readDay } from './day-buckets.ts';
import { comparePosition, type EventPosition, LABELS } from './packed-event.ts';
import {
  BUCKET_BYTES,
  countEvent,
  ID_BYTES,
  layoutOf,
  REMEMBERED_IDS,
  type RecordLayout,
  readNewestEvicted,
  ringAt,
  viewOf,
  writeLayout,
  writeNewestEvicted,
} from './record-layout.ts';
import type { RecordLimits } from './record-limits.ts';
import { countBefore } from './ring.ts';
import { indexToEvict } from './thinning.ts';

/** A record taken apart for reading. */
export interface OpenRecord {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly layout: RecordLayout;
}

/** The event that comes, and the one that leaves for it. */
interface RingChange {
  readonly event: Uint8Array;
  readonly index: number;
  /** Index among ring and event together, −1 when none leaves. */
  readonly evict: number;
}

interface BucketChange {
  readonly share: DayShare;
  /** Buckets at the front that are too old to keep. */
  readonly dropped: number;
  /** As answered by findDay. */
  readonly found: number;
  readonly isCounted: boolean;
}

function planBuckets({ view, layout }: OpenRecord, share: DayShare, bucketDays: number): BucketChange {
  const { bucketsAt, bucketCount } = layout;
  const found = findDay(view, bucketsAt, { count: bucketCount, day: share.day });
  const newest = bucketCount > 0 ? readDay(view, bucketsAt + (bucketCount - 1) * BUCKET_BYTES) : 0;
  const oldestKept = Math.max(newest, share.day) - bucketDays + 1;
  const isCounted = (share.count > 0 || share.sum !== 0) && share.day >= oldestKept;
  let dropped = 0;
  while (
    isCounted &&
    dropped < bucketCount &&
    readDay(view, bucketsAt + dropped * BUCKET_BYTES) < oldestKept
  ) {
    dropped += 1;
  }
  return { share, dropped, found, isCounted };
}

function copyRing(from: OpenRecord, to: Uint8Array, { event, index, evict }: RingChange): void {
  const copy = (first: number, end: number, at: number): void => {
    if (end > first) to.set(from.bytes.subarray(ringAt(first), ringAt(end)), ringAt(at));
  };
  const { ringCount } = from.layout;
  if (evict === index) {
    copy(0, ringCount, 0);
  } else if (evict >= 0 && evict < index) {
    copy(0, evict, 0);
    copy(evict + 1, index, evict);
    to.set(event, ringAt(index - 1));
    copy(index, ringCount, index);
  } else {
    copy(0, index, 0);
    to.set(event, ringAt(index));
    copy(index, evict < 0 ? ringCount : evict - 1, index + 1);
    if (evict >= 0) copy(evict, ringCount, evict);
  }
}

function copyBuckets(from: OpenRecord, to: OpenRecord, change: BucketChange): void {
  const { share, dropped, found, isCounted } = change;
  const bucketAt = (record: OpenRecord, index: number): number =>
    record.layout.bucketsAt + index * BUCKET_BYTES;
  const copy = (first: number, end: number, at: number): void => {
    if (end <= first) return;
    to.bytes.set(from.bytes.subarray(bucketAt(from, first), bucketAt(from, end)), bucketAt(to, at));
  };
  const { bucketCount } = from.layout;
  const index = found >= 0 ? found : -found - 1;
  const at = bucketAt(to, index - dropped);
  if (!isCounted) {
    copy(0, bucketCount, 0);
  } else if (found >= 0) {
    copy(dropped, bucketCount, 0);
    addShare(to.view, at, share);
  } else {
    copy(dropped, index, 0);
    to.view.setUint16(at, share.day, true);
    addShare(to.view, at, share);
    copy(index, bucketCount, index - dropped + 1);
  }
}

interface IdList {
  readonly at: number;
  readonly count: number;
}

/** Copies a list of remembered ids; with `added`, the earliest leaves a full list. */
function copyIds(
  from: OpenRecord,
  to: OpenRecord,
  lists: { from: IdList; to: IdList; added?: number },
): void {
  const kept = lists.added === undefined ? lists.from.count : Math.min(lists.from.count, REMEMBERED_IDS - 1);
  const end = lists.from.at + lists.from.count * ID_BYTES;
  if (kept > 0) to.bytes.set(from.bytes.subarray(end - kept * ID_BYTES, end), lists.to.at);
  if (lists.added !== undefined) to.view.setUint32(lists.to.at + kept * ID_BYTES, lists.added, true);
}

function writeHeader(from: OpenRecord, to: OpenRecord, event: DataView): void {
  to.bytes.set(from.bytes.subarray(0, ringAt(0)));
  writeLayout(to.view, to.layout);
  countEvent(from.view, to.view, event.getUint32(0, true));
}

/** Position of the event at `offset`. */
export function positionAt(view: DataView, offset: number): EventPosition {
  return {
    timeMs: view.getUint32(offset, true) * 1000 + view.getUint16(offset + 4, true),
    idLow: view.getUint32(offset + 12, true),
    idHigh: view.getUint32(offset + 16, true),
  };
}

/** What is remembered of the event that leaves: id, whether it is a known fraud, position. */
function describeLeaver(
  from: OpenRecord,
  ring: RingChange,
  event: DataView,
): { view: DataView; offset: number } {
  if (ring.evict === ring.index) return { view: event, offset: 0 };
  return { view: from.view, offset: ringAt(ring.evict < ring.index ? ring.evict : ring.evict - 1) };
}

/** The bytes of `from` with `event` in its place. The event must not be there already. */
export function growRecord(from: OpenRecord, event: Uint8Array, limits: RecordLimits): Uint8Array {
  const eventView = viewOf(event);
  const { layout } = from;
  const index = countBefore(from.view, layout.ringCount, positionAt(eventView, 0));
  const isFull = layout.ringCount >= limits.ringEvents;
  const candidates = { ring: from.view, ringCount: layout.ringCount, event: eventView, index };
  const ring = { event, index, evict: isFull ? indexToEvict(candidates, limits.thinning) : -1 };
  const buckets = planBuckets(from, dayShareOf(eventView, 0), limits.bucketDays);
  const leaver = isFull ? describeLeaver(from, ring, eventView) : undefined;
  const evictedId = leaver?.view.getUint32(leaver.offset + 12, true);
  const isFraud = leaver?.view.getUint8(leaver.offset + 40) === LABELS.fraud;
  const labelledId = isFraud ? evictedId : undefined;
  const next = layoutOf(
    layout.ringCount + (isFull ? 0 : 1),
    layout.bucketCount - buckets.dropped + (buckets.isCounted && buckets.found < 0 ? 1 : 0),
    Math.min(REMEMBERED_IDS, layout.evictedCount + (leaver ? 1 : 0)),
    Math.min(REMEMBERED_IDS, layout.labelledCount + (isFraud ? 1 : 0)),
  );
  const bytes = new Uint8Array(next.bytes);
  const to: OpenRecord = { bytes, view: viewOf(bytes), layout: next };
  writeHeader(from, to, eventView);
  copyRing(from, bytes, ring);
  copyBuckets(from, to, buckets);
  copyIds(from, to, {
    from: { at: layout.evictedAt, count: layout.evictedCount },
    to: { at: next.evictedAt, count: next.evictedCount },
    ...(evictedId === undefined ? {} : { added: evictedId }),
  });
  copyIds(from, to, {
    from: { at: layout.labelledAt, count: layout.labelledCount },
    to: { at: next.labelledAt, count: next.labelledCount },
    ...(labelledId === undefined ? {} : { added: labelledId }),
  });
  if (leaver && comparePosition(leaver.view, leaver.offset, readNewestEvicted(from.view)) > 0) {
    writeNewestEvicted(to.view, positionAt(leaver.view, leaver.offset));
  }
  return bytes;
}
