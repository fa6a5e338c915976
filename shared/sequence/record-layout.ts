// shared/sequence/record-layout.ts: where things lie in an entity record: header, ring, day buckets, remembered ids.
//
// Byte  0 u8 format (1)   1 u8 ring events   2 u8 buckets   3 u8 evicted ids   4 u8 labelled ids   5–7 spare
//       8 u32 seconds, 12 u16 ms of the newest evicted event   14 u16 spare
//      16 u32 low, 20 u32 high of its id hash (all 0: nothing was ever evicted)
//      24 u32 events ever counted into this record   28 u32 event time of the earliest of them, seconds
//      32 ring: 48 B each, oldest first ‖ buckets: 20 B each, earliest day first
//         ‖ evicted ids, then labelled ids: low 32 bits of the id hash each, first come first
import { EVENT_BYTES, type EventPosition } from './packed-event.ts';

export const RECORD_FORMAT = 1;
export const HEADER_BYTES = 32;
export const BUCKET_BYTES = 20;
export const ID_BYTES = 4;
/** Ids remembered per list. 32 + 64 × 48 + 40 × 20 + 2 × 20 × 4 = 4,064 B: half a page of the LMDB store. */
export const REMEMBERED_IDS = 20;
export const MAX_RECORD_BYTES = 4064;
export const DAY_MS = 86_400_000;

/** Byte offsets and counts of one record. */
export interface RecordLayout {
  readonly ringCount: number;
  readonly bucketCount: number;
  readonly evictedCount: number;
  readonly labelledCount: number;
  readonly bucketsAt: number;
  readonly evictedAt: number;
  readonly labelledAt: number;
  readonly bytes: number;
}

/** The layout that follows from four counts. */
export function layoutOf(
  ringCount: number,
  bucketCount: number,
  evictedCount: number,
  labelledCount: number,
): RecordLayout {
  const bucketsAt = HEADER_BYTES + ringCount * EVENT_BYTES;
  const evictedAt = bucketsAt + bucketCount * BUCKET_BYTES;
  const labelledAt = evictedAt + evictedCount * ID_BYTES;
  const bytes = labelledAt + labelledCount * ID_BYTES;
  return { ringCount, bucketCount, evictedCount, labelledCount, bucketsAt, evictedAt, labelledAt, bytes };
}

export function readLayout(view: DataView): RecordLayout {
  return layoutOf(view.getUint8(1), view.getUint8(2), view.getUint8(3), view.getUint8(4));
}

export function writeLayout(view: DataView, layout: RecordLayout): void {
  view.setUint8(0, RECORD_FORMAT);
  view.setUint8(1, layout.ringCount);
  view.setUint8(2, layout.bucketCount);
  view.setUint8(3, layout.evictedCount);
  view.setUint8(4, layout.labelledCount);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Byte offset of ring event `index`. */
export function ringAt(index: number): number {
  return HEADER_BYTES + index * EVENT_BYTES;
}

/** Position of the newest event that ever left the ring; time 0 when none did. */
export function readNewestEvicted(view: DataView): EventPosition {
  return {
    timeMs: view.getUint32(8, true) * 1000 + view.getUint16(12, true),
    idLow: view.getUint32(16, true),
    idHigh: view.getUint32(20, true),
  };
}

export function writeNewestEvicted(view: DataView, position: EventPosition): void {
  const seconds = Math.floor(position.timeMs / 1000);
  view.setUint32(8, seconds, true);
  view.setUint16(12, position.timeMs - seconds * 1000, true);
  view.setUint32(16, position.idLow, true);
  view.setUint32(20, position.idHigh, true);
}

/** Events ever put into this record, whatever their type. */
export function readEventCount(view: DataView): number {
  return view.getUint32(24, true);
}

/** Event time of the earliest of them, ms (whole seconds). */
export function readFirstSeenMs(view: DataView): number {
  return view.getUint32(28, true) * 1000;
}

/** Counts one event of `seconds` event time into a header. */
export function countEvent(view: DataView, seconds: number): void {
  const count = readEventCount(view);
  view.setUint32(24, Math.min(2 ** 32 - 1, count + 1), true);
  view.setUint32(28, count === 0 ? seconds : Math.min(view.getUint32(28, true), seconds), true);
}

/** Whether the u32 list of `count` ids at byte `at` holds `idLow`. */
export function holdsId(view: DataView, at: number, list: { count: number; idLow: number }): boolean {
  for (let index = 0; index < list.count; index += 1) {
    if (view.getUint32(at + index * ID_BYTES, true) === list.idLow) return true;
  }
  return false;
}
