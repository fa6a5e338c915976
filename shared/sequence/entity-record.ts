// shared/sequence/entity-record.ts: one entity's history as bytes: append an event, mark a label; views of it in entity-view.ts.
//
// Promises. Ring and buckets depend on the set of events, not on their order of arrival (except: more than five distinct
// label days for one day, sums beyond their caps, a clearing that overtakes its original).
// Append is idempotent for every event in the ring and for the last REMEMBERED_IDS that left it. An older repeat would
// count twice in its day's bucket, nowhere else: the state store keeps it out, see `AppendEvent.decisionKey`.
import { addFraud, CLEARING_TYPE, dayShareOf, findDay, removeFraud } from './day-buckets.ts';
import { benchView, EVENT_AT, growRecord, layOut, takeOwned, takeTransient } from './grow-record.ts';
import { LABELS, readLabel, writeLabel } from './packed-event.ts';
import {
  BUCKET_BYTES,
  DAY_MS,
  holdsId,
  ID_BYTES,
  REMEMBERED_IDS,
  type RecordLayout,
  readLayout,
  ringAt,
  viewOf,
} from './record-layout.ts';
import type { RecordLimits } from './record-limits.ts';
import { type IdHash, indexOfId, positionAt } from './ring.ts';
import type { EntityRecord, MarkLabel } from './state-store.ts';
import { copyBytes } from './transient-bytes.ts';

export { type BucketView, type EntityView, viewBefore } from './entity-view.ts';
export type { RecordLimits } from './record-limits.ts';

/** A label that became known. The event is found by its id; its time says which day's bucket counts it. */
export type LabelMark = Omit<MarkLabel, 'entityKey'>;

/** A record taken apart for reading. */
interface OpenRecord {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly layout: RecordLayout;
}

function open(record: EntityRecord): OpenRecord {
  const view = viewOf(record);
  return { bytes: record, view, layout: readLayout(view) };
}

function isPresent(view: DataView, layout: RecordLayout, id: IdHash): boolean {
  return (
    indexOfId(view, layout.ringCount, id) >= 0 ||
    holdsId(view, layout.evictedAt, { count: layout.evictedCount, idLow: id.idLow })
  );
}

/** Whether the history holds (or remembers to have held) this event. */
export function holdsEvent(record: EntityRecord | undefined, id: IdHash): boolean {
  if (record === undefined) return false;
  const { view, layout } = open(record);
  return isPresent(view, layout, id);
}

/** Puts both on the workbench; the record's layout, or undefined when there is nothing to append. */
function prepare(
  record: EntityRecord | undefined,
  event: Uint8Array,
  original: IdHash | undefined,
): RecordLayout | undefined {
  layOut(record, event);
  const layout = readLayout(benchView);
  if (record === undefined) return layout;
  if (isPresent(benchView, layout, positionAt(benchView, EVENT_AT))) return undefined;
  const isClearing = original !== undefined && benchView.getUint8(EVENT_AT + 6) === CLEARING_TYPE;
  return isClearing && isPresent(benchView, layout, original) ? undefined : layout;
}

/**
 * The record with `event` (EVENT_BYTES) in its place in the total order; the same reference when it is there already,
 * or when it is a clearing whose `original` is. An event older than a full ring counts in its day only.
 */
export function appendEvent(
  record: EntityRecord | undefined,
  event: Uint8Array,
  limits: RecordLimits,
  original?: IdHash,
): EntityRecord {
  const layout = prepare(record, event, original);
  if (layout === undefined && record !== undefined) return record;
  return takeOwned(growRecord(layout ?? readLayout(benchView), limits));
}

/** `appendEvent` for records that are dropped with their chunk: several times faster, but the answer must not be kept (transient-bytes.ts). */
export function appendTransient(
  record: EntityRecord | undefined,
  event: Uint8Array,
  limits: RecordLimits,
  original?: IdHash,
): EntityRecord {
  const layout = prepare(record, event, original);
  if (layout === undefined && record !== undefined) return record;
  return takeTransient(growRecord(layout ?? readLayout(benchView), limits));
}

/** Byte offset of the bucket of the day of `timeMs`, −1 when that day is not kept. */
function bucketOf({ view, layout }: OpenRecord, timeMs: number): number {
  const day = Math.floor(timeMs / DAY_MS);
  const index = findDay(view, layout.bucketsAt, { count: layout.bucketCount, day });
  return index < 0 ? -1 : layout.bucketsAt + index * BUCKET_BYTES;
}

/** Relabels ring event `index`; its day's known frauds follow. A repeated label changes nothing: the first knowledge stays. */
function markInRing(from: OpenRecord, index: number, mark: LabelMark): EntityRecord {
  const before = readLabel(from.view, ringAt(index));
  if (before.label === mark.label) return from.bytes;
  const to = open(copyBytes(from.bytes));
  writeLabel(to.view, ringAt(index), mark.label, mark.knownAtMs);
  const isCounted = dayShareOf(to.view, ringAt(index)).count > 0;
  const bucket = isCounted ? bucketOf(to, positionAt(to.view, ringAt(index)).timeMs) : -1;
  if (bucket >= 0 && mark.label === LABELS.fraud) addFraud(to.view, bucket, mark.knownAtMs);
  if (bucket >= 0 && before.label === LABELS.fraud) removeFraud(to.view, bucket, before.knownAtMs);
  return to.bytes;
}

/** `from` with `idLow` remembered as labelled fraud, or (when `isFraud` is false) forgotten. */
function rememberLabelled({ bytes, layout }: OpenRecord, idLow: number, isFraud: boolean): OpenRecord {
  const old = viewOf(bytes);
  const ids: number[] = [];
  for (let index = 0; index < layout.labelledCount; index += 1) {
    const id = old.getUint32(layout.labelledAt + index * ID_BYTES, true);
    if (id !== idLow) ids.push(id);
  }
  if (isFraud) ids.push(idLow);
  const kept = ids.slice(-REMEMBERED_IDS);
  const next = new Uint8Array(layout.labelledAt + kept.length * ID_BYTES);
  next.set(bytes.subarray(0, layout.labelledAt));
  const view = viewOf(next);
  view.setUint8(4, kept.length);
  for (const [index, id] of kept.entries()) view.setUint32(layout.labelledAt + index * ID_BYTES, id, true);
  return open(next);
}

/** A label of an event that left the ring: counts in its day's bucket, once per id as far as ids are remembered. */
function markBeyondRing(from: OpenRecord, mark: LabelMark): EntityRecord {
  const { view, layout } = from;
  const isFraud = mark.label === LABELS.fraud;
  const wasFraud = holdsId(view, layout.labelledAt, { count: layout.labelledCount, idLow: mark.idLow });
  const bucket = bucketOf(from, mark.timeMs);
  if (bucket < 0 || isFraud === wasFraud) return from.bytes;
  const to = rememberLabelled(from, mark.idLow, isFraud);
  if (isFraud) addFraud(to.view, bucket, mark.knownAtMs);
  else removeFraud(to.view, bucket, mark.knownAtMs);
  return to.bytes;
}

/** The record with the label known from `mark.knownAtMs` on; the same reference when nothing changes; undefined for an entity without history. */
export function markLabel(record: EntityRecord | undefined, mark: LabelMark): EntityRecord | undefined {
  if (record === undefined) return undefined;
  const from = open(record);
  const index = indexOfId(from.view, from.layout.ringCount, mark);
  return index >= 0 ? markInRing(from, index, mark) : markBeyondRing(from, mark);
}
