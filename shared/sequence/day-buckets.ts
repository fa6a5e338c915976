// shared/sequence/day-buckets.ts: one day's totals of an entity in 20 bytes, with frauds by the day they became known.
//
// Byte 0 u16 day since the epoch   2 u24 count (stops at 16.7 M)   5 i40 amount sum, reference units × 1024
//     10 5 × (u8 known after days, u8 frauds), ascending; unused = 0, 0
// The sum is fixed point, not float: whole numbers add up to the same bytes in any order of arrival.
import { transactionTypes } from '../domain/transaction.ts';
import { readTimeMs } from './packed-event.ts';
import { BUCKET_BYTES, DAY_MS } from './record-layout.ts';

/** Sums are stored in units of 1/1024. */
export const SUM_SCALE = 1024;
/** Cap of one event's share, in reference units: 16.7 million times the usual amount is a mistake, not a payment. */
const MAX_AMOUNT = 2 ** 24;
const MAX_SUM = 2 ** 39 - 1;
const MAX_COUNT = 2 ** 24 - 1;
const SLOTS = 5;
const SLOTS_AT = 10;
/** Longest delay a slot can hold. Labels that come later do not fit and are not counted; the bucket is long gone by then. */
const MAX_KNOWN_AFTER_DAYS = 255;

/** What one event adds to its day: `count` 0 or 1, `sum` in units of 1/1024, negative for money that came back. */
export interface DayShare {
  readonly day: number;
  readonly count: number;
  readonly sum: number;
}

const typeNumber = (name: (typeof transactionTypes)[number]): number => transactionTypes.indexOf(name) + 1;
export const CLEARING_TYPE = typeNumber('clearing');
const countedTypes = new Set([typeNumber('authorization'), typeNumber('transfer'), CLEARING_TYPE]);
const returnedTypes = new Set([typeNumber('reversal'), typeNumber('refund')]);

/** Counted: decided types, and clearings (appended only when their original is unknown). Reversals and refunds subtract from the sum; statements and repayments leave the day alone. */
export function dayShareOf(view: DataView, offset: number): DayShare {
  const type = view.getUint8(offset + 6);
  const day = Math.floor(readTimeMs(view, offset) / DAY_MS);
  const isCounted = countedTypes.has(type);
  if (!isCounted && !returnedTypes.has(type)) return { day, count: 0, sum: 0 };
  const amount = Math.min(MAX_AMOUNT, Math.max(0, view.getFloat32(offset + 20, true)));
  const sum = Math.round((Number.isFinite(amount) ? amount : 0) * SUM_SCALE);
  return isCounted ? { day, count: 1, sum } : { day, count: 0, sum: -sum };
}

export function readDay(view: DataView, at: number): number {
  return view.getUint16(at, true);
}

export function readCount(view: DataView, at: number): number {
  return view.getUint16(at + 2, true) + view.getUint8(at + 4) * 65536;
}

/** Sum in units of 1/SUM_SCALE. */
export function readSum(view: DataView, at: number): number {
  return view.getUint32(at + 5, true) + view.getInt8(at + 9) * 2 ** 32;
}

/** Adds one event's share to the bucket at `at`. */
export function addShare(view: DataView, at: number, share: DayShare): void {
  const count = Math.min(MAX_COUNT, readCount(view, at) + share.count);
  view.setUint16(at + 2, count & 0xffff, true);
  view.setUint8(at + 4, count >>> 16);
  const sum = Math.max(-MAX_SUM, Math.min(MAX_SUM, readSum(view, at) + share.sum));
  const high = Math.floor(sum / 2 ** 32);
  view.setUint32(at + 5, sum - high * 2 ** 32, true);
  view.setInt8(at + 9, high);
}

/** Index of the bucket of `day` among `count` at byte `bucketsAt`; −(insertion index) − 1 when there is none. */
export function findDay(view: DataView, bucketsAt: number, wanted: { count: number; day: number }): number {
  let index = wanted.count - 1;
  while (index >= 0 && readDay(view, bucketsAt + index * BUCKET_BYTES) > wanted.day) index -= 1;
  if (index >= 0 && readDay(view, bucketsAt + index * BUCKET_BYTES) === wanted.day) return index;
  return -(index + 1) - 1;
}

/** Frauds of the bucket's day that were known at `asOfMs`. A label known during a day counts from the next midnight (UTC). */
export function readFraudKnownBy(view: DataView, at: number, asOfMs: number): number {
  const elapsedDays = Math.floor(asOfMs / DAY_MS) - readDay(view, at);
  let frauds = 0;
  for (let slot = at + SLOTS_AT; slot < at + BUCKET_BYTES; slot += 2) {
    const knownAfterDays = view.getUint8(slot);
    // Ascending from 1; 0 is unused, and so is all that follows.
    if (knownAfterDays === 0 || knownAfterDays > elapsedDays) break;
    frauds += view.getUint8(slot + 1);
  }
  return frauds;
}

interface Slot {
  knownAfterDays: number;
  frauds: number;
}

function readSlots(view: DataView, at: number): Slot[] {
  const slots: Slot[] = [];
  for (let slot = at + SLOTS_AT; slot < at + BUCKET_BYTES; slot += 2) {
    const frauds = view.getUint8(slot + 1);
    if (frauds > 0) slots.push({ knownAfterDays: view.getUint8(slot), frauds });
  }
  return slots;
}

function writeSlots(view: DataView, at: number, slots: readonly Slot[]): void {
  for (let index = 0; index < SLOTS; index += 1) {
    const slot = slots[index];
    view.setUint8(at + SLOTS_AT + index * 2, slot?.knownAfterDays ?? 0);
    view.setUint8(at + SLOTS_AT + index * 2 + 1, slot?.frauds ?? 0);
  }
}

/** Days after the bucket's day from which a label known at `knownAtMs` counts: the midnight at or after it, at least 1 so that no event of the same day sees it. */
function knownAfterDaysOf(day: number, knownAtMs: number): number {
  return Math.max(1, Math.ceil(knownAtMs / DAY_MS) - day);
}

/** The two neighbours nearest in delay become one, at the later delay: a fraud may be seen late, never early. */
function mergeNearest(slots: Slot[]): void {
  let nearest = 1;
  const gapBefore = (index: number): number =>
    (slots[index]?.knownAfterDays ?? 0) - (slots[index - 1]?.knownAfterDays ?? 0);
  for (let index = 2; index < slots.length; index += 1) {
    if (gapBefore(index) < gapBefore(nearest)) nearest = index;
  }
  const [earlier, later] = [slots[nearest - 1], slots[nearest]];
  if (earlier && later) later.frauds = Math.min(255, later.frauds + earlier.frauds);
  slots.splice(nearest - 1, 1);
}

/** Counts one fraud as known from `knownAtMs` on in the bucket at `at`. */
export function addFraud(view: DataView, at: number, knownAtMs: number): void {
  const knownAfterDays = knownAfterDaysOf(readDay(view, at), knownAtMs);
  if (knownAfterDays > MAX_KNOWN_AFTER_DAYS) return;
  const slots = readSlots(view, at);
  const same = slots.find((slot) => slot.knownAfterDays === knownAfterDays && slot.frauds < 255);
  if (same) same.frauds += 1;
  else {
    const index = slots.findIndex((slot) => slot.knownAfterDays > knownAfterDays);
    slots.splice(index < 0 ? slots.length : index, 0, { knownAfterDays, frauds: 1 });
  }
  if (slots.length > SLOTS) mergeNearest(slots);
  writeSlots(view, at, slots);
}

/** Takes one fraud back (its label changed): from the slot it would be in, else from the next later one, else from the last. */
export function removeFraud(view: DataView, at: number, knownAtMs: number): void {
  const knownAfterDays = knownAfterDaysOf(readDay(view, at), knownAtMs);
  const slots = readSlots(view, at);
  const slot = slots.find((candidate) => candidate.knownAfterDays >= knownAfterDays) ?? slots.at(-1);
  if (!slot) return;
  slot.frauds -= 1;
  writeSlots(
    view,
    at,
    slots.filter((kept) => kept.frauds > 0),
  );
}
