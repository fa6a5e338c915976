// test/support/packed-events.ts: packed events for tests: few fields given, the rest missing.
import { transactionTypes } from '../../shared/domain/transaction.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import { EVENT_BYTES, type EventPosition, writeEvent } from '../../shared/sequence/packed-event.ts';

/** What a test says about an event. */
export interface EventSketch {
  readonly id: string;
  readonly timeMs: number;
  /** Reference units; 1 when not given. */
  readonly amount?: number;
  readonly type?: (typeof transactionTypes)[number];
}

/** Place of the sketched event in the total order. */
export function positionOf(sketch: Pick<EventSketch, 'id' | 'timeMs'>): EventPosition {
  return { timeMs: sketch.timeMs, ...hashTransactionId(sketch.id) };
}

/** The sketched event in EVENT_BYTES bytes. */
export function packEvent(sketch: EventSketch): Uint8Array {
  const bytes = new Uint8Array(EVENT_BYTES);
  writeEvent(new DataView(bytes.buffer), 0, {
    ...positionOf(sketch),
    type: transactionTypes.indexOf(sketch.type ?? 'authorization') + 1,
    amount: sketch.amount ?? 1,
    entryMode: 0,
    category: 0,
    country: 0,
    flags: 0,
    monthsPastDue: 0,
    levelDifference: Number.NaN,
    levelZ: Number.NaN,
    categoryDifference: Number.NaN,
    categoryGapLog: Number.NaN,
    gapLog: Number.NaN,
    authentication: 0,
    merchantHash: 0,
    burstRatio: 0,
  });
  return bytes;
}
