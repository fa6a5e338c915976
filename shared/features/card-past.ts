// shared/features/card-past.ts: what an event's flags and gaps need to know of the card's past: one pass over its ring.
import type { EntityView } from '../sequence/entity-view.ts';
import { EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';
import { COUNTRY_COUNT } from './codes.ts';

/** The card's past as seen by one transaction. 0 = none. */
export interface CardPast {
  /** ln(1 + seconds) since the previous event; NaN without one. */
  readonly gapLog: number;
  /** ln(1 + seconds) since the last event of the transaction's category; NaN when it never was there, or is missing. */
  readonly categoryGapLog: number;
  /** Category and country of the latest event that has one. */
  readonly lastCategory: number;
  readonly lastCountry: number;
  /** Country most frequent in the ring; of equally frequent ones that which got there last. */
  readonly homeCountry: number;
  readonly merchantSeen: boolean;
  readonly deviceSeen: boolean;
}

/** What the transaction brings: 0 = missing, never seen before. */
export interface OwnMarks {
  readonly category: number;
  readonly merchantHash: number;
  readonly deviceHash: number;
}

const countryCounts = new Uint8Array(COUNTRY_COUNT);

function gapLogBetween(fromMs: number, toMs: number): number {
  return Number.isNaN(fromMs) ? Number.NaN : Math.log1p(Math.max(0, toMs - fromMs) / 1000);
}

/** Latest and most frequent country of the ring. */
function findCountries({ view, firstByte, count }: EntityView): { lastCountry: number; homeCountry: number } {
  countryCounts.fill(0);
  let [lastCountry, homeCountry, homeCount] = [0, 0, 0];
  const end = firstByte + count * EVENT_BYTES;
  for (let at = firstByte; at < end; at += EVENT_BYTES) {
    const country = view.getUint8(at + 9);
    if (country === 0) continue;
    lastCountry = country;
    const seen = (countryCounts[country] ?? 0) + 1;
    countryCounts[country] = seen;
    if (seen < homeCount) continue;
    homeCountry = country;
    homeCount = seen;
  }
  return { lastCountry, homeCountry };
}

/** Looks through the events of `card`, oldest first. */
export function lookBack(card: EntityView, own: OwnMarks): CardPast {
  const { view, firstByte, count, asOf } = card;
  let [categoryMs, lastCategory] = [Number.NaN, 0];
  let [merchantSeen, deviceSeen] = [false, false];
  const end = firstByte + count * EVENT_BYTES;
  for (let at = firstByte; at < end; at += EVENT_BYTES) {
    const category = view.getUint8(at + 8);
    if (category !== 0) lastCategory = category;
    if (category === own.category) categoryMs = readTimeMs(view, at);
    if (view.getUint32(at + 36, true) === own.merchantHash) merchantSeen = true;
    if (view.getUint16(at + 46, true) === own.deviceHash) deviceSeen = true;
  }
  const lastMs = count === 0 ? Number.NaN : readTimeMs(view, end - EVENT_BYTES);
  return {
    gapLog: gapLogBetween(lastMs, asOf.timeMs),
    categoryGapLog: own.category === 0 ? Number.NaN : gapLogBetween(categoryMs, asOf.timeMs),
    lastCategory,
    ...findCountries(card),
    merchantSeen: merchantSeen && own.merchantHash !== 0,
    deviceSeen: deviceSeen && own.deviceHash !== 0,
  };
}
