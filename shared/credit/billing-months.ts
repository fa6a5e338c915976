// shared/credit/billing-months.ts: packed events of an account → its last statements, each with what was repaid before it.
import { typeOf } from '../features/codes.ts';
import { EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';

/** Statements looked at: half a year, as long as the public benchmark reaches. */
export const MONTHS = 6;

/** One statement. Amounts in reference units (over the currency's median), ≥ 0. */
export interface BillingMonth {
  readonly timeMs: number;
  readonly bill: number;
  /** 0 = on time, or not told. */
  readonly monthsPastDue: number;
  /** Repaid since the statement before this one (without one: all that is known before it). */
  readonly repaid: number;
}

export interface BillingHistory {
  /** Latest first, at most MONTHS. */
  readonly months: readonly BillingMonth[];
  /** Statements before `asOf`, those beyond MONTHS included. */
  readonly statements: number;
  /** Repaid after the latest statement. */
  readonly repaidSince: number;
  /** NaN without. */
  readonly lastRepaymentMs: number;
  /** Latest statement or repayment; NaN without. */
  readonly lastEventMs: number;
}

const statementType = typeOf('statement');
const repaymentType = typeOf('repayment');

/** Keeps statements and repayments before `asOfMs`, in order: purchases on the same account say nothing here. */
export function selectBillingEvents(events: Uint8Array, asOfMs: number): Uint8Array {
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const kept = new Uint8Array(events.length);
  let size = 0;
  for (let at = 0; at < events.length; at += EVENT_BYTES) {
    const type = view.getUint8(at + 6);
    if (type !== statementType && type !== repaymentType) continue;
    if (readTimeMs(view, at) >= asOfMs) continue;
    kept.set(events.subarray(at, at + EVENT_BYTES), size);
    size += EVENT_BYTES;
  }
  return kept.slice(0, size);
}

/** @param events packed statements and repayments, oldest first (`selectBillingEvents`) */
export function readBillingHistory(events: Uint8Array): BillingHistory {
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const months: BillingMonth[] = [];
  let repaid = 0;
  let lastRepaymentMs = Number.NaN;
  let lastEventMs = Number.NaN;
  for (let at = 0; at < events.length; at += EVENT_BYTES) {
    const timeMs = readTimeMs(view, at);
    const amount = view.getFloat32(at + 20, true);
    lastEventMs = timeMs;
    if (view.getUint8(at + 6) === repaymentType) {
      repaid += amount;
      if (amount > 0) lastRepaymentMs = timeMs;
      continue;
    }
    const monthsPastDue = Math.max(0, view.getUint8(at + 11) - 1);
    months.push({ timeMs, bill: amount, monthsPastDue, repaid });
    repaid = 0;
  }
  return {
    months: months.slice(-MONTHS).reverse(),
    statements: months.length,
    repaidSince: repaid,
    lastRepaymentMs,
    lastEventMs,
  };
}
