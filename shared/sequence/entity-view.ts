// shared/sequence/entity-view.ts: a record as it was at a position: events before it, day totals without what came later.
import {
  type DayShare,
  dayShareOf,
  readCount,
  readDay,
  readFraudKnownBy,
  readSum,
  SUM_SCALE,
} from './day-buckets.ts';
import type { EventPosition } from './packed-event.ts';
import {
  BUCKET_BYTES,
  DAY_MS,
  HEADER_BYTES,
  type RecordLayout,
  readEventCount,
  readFirstSeenMs,
  readLayout,
  readNewestEvicted,
  ringAt,
  viewOf,
} from './record-layout.ts';
import { countBefore } from './ring.ts';
import type { EntityRecord } from './state-store.ts';

/** Per-day totals (days UTC, earliest first) of all events of that day before the position, those still in the ring included. Days without events are absent. */
export interface BucketView {
  readonly count: number;
  /** Days since the epoch. */
  dayOf(index: number): number;
  /** Decided events, and clearings whose original was unknown. */
  countOf(index: number): number;
  /** Sum of their amounts in reference units (to 1/1024), refunds and reversals of the day subtracted. */
  amountOf(index: number): number;
  /** Frauds of that day known at `asOfMs`; a label learnt during a day counts from the next midnight. */
  fraudKnownBy(index: number, asOfMs: number): number;
}

/** One entity's history strictly before a position. Reads the record's own bytes: keep it no longer than the record. */
export interface EntityView {
  readonly view: DataView;
  /** Byte offset of the first packed event in `view`. */
  readonly firstByte: number;
  /** Packed events strictly before the position, contiguous in `view`, oldest first (48 bytes each). Labels carry the time they became known: look at it before at them. */
  readonly count: number;
  readonly asOf: EventPosition;
  readonly buckets: BucketView;
  /** The ring holds every event later than this instant (ms); −∞ when none ever left it. Views before it may miss events. */
  readonly completeSinceMs: number;
  /** Event time of the entity's first event ever (ms, whole seconds); NaN when nothing came before the position. */
  readonly firstSeenMs: number;
  /** Events of every type that came before the position, those long gone included. */
  readonly eventsBefore: number;
}

const NO_BYTES = new DataView(new ArrayBuffer(0));

const noBuckets: BucketView = {
  count: 0,
  dayOf: () => Number.NaN,
  countOf: () => 0,
  amountOf: () => 0,
  fraudKnownBy: () => 0,
};

/** Totals with the shares of ring events at or after the position taken out again. */
class RecordBuckets implements BucketView {
  readonly count: number;
  readonly #view: DataView;
  readonly #bucketsAt: number;
  readonly #later: readonly DayShare[];

  constructor(view: DataView, layout: RecordLayout, later: readonly DayShare[], asOfMs: number) {
    this.#view = view;
    this.#bucketsAt = layout.bucketsAt;
    this.#later = later;
    this.count = this.#visible(layout.bucketCount, Math.floor(asOfMs / DAY_MS));
  }

  dayOf(index: number): number {
    return readDay(this.#view, this.#at(index));
  }

  countOf(index: number): number {
    const count = readCount(this.#view, this.#at(index));
    return this.#later.length === 0 ? count : count - this.#laterSum(index, 'count');
  }

  amountOf(index: number): number {
    const sum = readSum(this.#view, this.#at(index));
    return (this.#later.length === 0 ? sum : sum - this.#laterSum(index, 'sum')) / SUM_SCALE;
  }

  fraudKnownBy(index: number, asOfMs: number): number {
    return readFraudKnownBy(this.#view, this.#at(index), asOfMs);
  }

  #at(index: number): number {
    return this.#bucketsAt + index * BUCKET_BYTES;
  }

  #laterSum(index: number, field: 'count' | 'sum'): number {
    const day = this.dayOf(index);
    let total = 0;
    for (const share of this.#later) if (share.day === day) total += share[field];
    return total;
  }

  /** Days after the position's are hidden, and its own day when only later events made it. */
  #visible(stored: number, today: number): number {
    let count = stored;
    while (count > 0 && this.dayOf(count - 1) > today) count -= 1;
    const isToday = count > 0 && this.dayOf(count - 1) === today;
    const isEmptied =
      isToday && this.#later.length > 0 && this.countOf(count - 1) === 0 && this.amountOf(count - 1) === 0;
    return isEmptied ? count - 1 : count;
  }
}

const NO_SHARES: readonly DayShare[] = [];

function sharesFrom(view: DataView, first: number, ringCount: number): readonly DayShare[] {
  if (first === ringCount) return NO_SHARES;
  const shares: DayShare[] = [];
  for (let index = first; index < ringCount; index += 1) shares.push(dayShareOf(view, ringAt(index)));
  return shares;
}

function emptyView(asOf: EventPosition): EntityView {
  return {
    view: NO_BYTES,
    firstByte: 0,
    count: 0,
    asOf,
    buckets: noBuckets,
    completeSinceMs: Number.NEGATIVE_INFINITY,
    firstSeenMs: Number.NaN,
    eventsBefore: 0,
  };
}

/** The entity as it was just before `asOf`. Exact (as if nothing later had ever come) while `asOf` is after `completeSinceMs` and no day within reach has been dropped for a newer one. */
export function viewBefore(record: EntityRecord | undefined, asOf: EventPosition): EntityView {
  if (record === undefined) return emptyView(asOf);
  const view = viewOf(record);
  const layout = readLayout(view);
  const { ringCount } = layout;
  const count = countBefore(view, ringCount, asOf);
  const eventsBefore = readEventCount(view) - (ringCount - count);
  const evicted = readNewestEvicted(view).timeMs;
  return {
    view,
    firstByte: HEADER_BYTES,
    count,
    asOf,
    buckets: new RecordBuckets(view, layout, sharesFrom(view, count, ringCount), asOf.timeMs),
    completeSinceMs: evicted === 0 ? Number.NEGATIVE_INFINITY : evicted,
    firstSeenMs: eventsBefore > 0 ? readFirstSeenMs(view) : Number.NaN,
    eventsBefore,
  };
}
