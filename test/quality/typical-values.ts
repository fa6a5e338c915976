// test/quality/typical-values.ts: another intervention than occlusion: one group of a transaction set to what is typical of its card.
import type { Context } from '../../shared/domain/context.ts';
import type { ReasonCode } from '../../shared/domain/reason-code.ts';
import type { EncoderRow } from '../../shared/encoder/encoder.ts';
import { occlusionGroups } from '../../shared/scoring/occlusion-groups.ts';
import { AUTH_FLAGS, EVENT_BYTES, EVENT_FLAGS } from '../../shared/sequence/packed-event.ts';

/** What the card did before: features as its earlier decisions saw them. */
export type CardPast = readonly Float32Array[];

/** Where a group's fields lie in a packed event; the typical earlier event is the one whose `key` is most frequent, or the median. */
interface Fields {
  readonly key: (view: DataView, at: number) => number;
  readonly isMedian?: boolean;
  readonly bytes?: readonly number[];
  readonly flags?: number;
  readonly bits?: number;
}

const { sameMerchant, merchantKnown, sameCategory, cardPresent, cardPresentKnown, homeCountry, sameCountry } =
  EVENT_FLAGS;
const range = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => from + index);
const keyOfFlags = (mask: number) => (view: DataView, at: number) => view.getUint8(at + 10) & mask;
const keyOfBits = (mask: number) => (view: DataView, at: number) => view.getUint16(at + 34, true) & mask;
const deviceBits = AUTH_FLAGS.newDevice | AUTH_FLAGS.deviceKnown;
const originBits = AUTH_FLAGS.ipCountryDiffers | AUTH_FLAGS.crossCurrency;
const checkBits = 0xffff & ~(deviceBits | originBits);

const fieldsOf: Readonly<Partial<Record<ReasonCode, Fields>>> = {
  AMOUNT_UNUSUAL_FOR_CARD: {
    key: (view, at) => view.getFloat32(at + 20, true),
    isMedian: true,
    bytes: [...range(20, 30), 44, 45],
  },
  VELOCITY_HIGH: { key: (view, at) => view.getInt16(at + 32, true), isMedian: true, bytes: [32, 33] },
  CATEGORY_UNUSUAL: {
    key: (view, at) => view.getUint8(at + 8),
    bytes: [8, ...range(28, 32)],
    flags: sameCategory,
  },
  ENTRY_MODE_UNUSUAL: {
    key: (view, at) => view.getUint8(at + 7),
    bytes: [7],
    flags: cardPresent | cardPresentKnown,
  },
  MERCHANT_UNUSUAL: { key: keyOfFlags(sameMerchant | merchantKnown), flags: sameMerchant | merchantKnown },
  COUNTRY_UNUSUAL: {
    key: (view, at) => view.getUint8(at + 9),
    bytes: [9],
    flags: homeCountry | sameCountry,
    bits: originBits,
  },
  DEVICE_UNUSUAL: { key: keyOfBits(deviceBits), bits: deviceBits },
  CHECKS_UNUSUAL: { key: keyOfBits(checkBits), bits: checkBits },
};

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;
const hourOf = (view: DataView, at: number) =>
  Math.floor((view.getUint32(at, true) % DAY_SECONDS) / HOUR_SECONDS);

/** Place of the earlier event that is typical by `key`; the latest of those alike. */
function typicalEvent(view: DataView, count: number, { key, isMedian }: Fields): number {
  const places = Array.from({ length: count - 1 }, (_, index) => index * EVENT_BYTES);
  if (isMedian) {
    const sorted = places.toSorted((left, right) => key(view, left) - key(view, right));
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
  const counts = new Map<number, number>();
  for (const place of places) counts.set(key(view, place), (counts.get(key(view, place)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return places.findLast((place) => counts.get(key(view, place)) === most) ?? 0;
}

function copyFields(
  view: DataView,
  from: number,
  to: number,
  { bytes = [], flags = 0, bits = 0 }: Fields,
): void {
  for (const at of bytes) view.setUint8(to + at, view.getUint8(from + at));
  view.setUint8(to + 10, (view.getUint8(to + 10) & ~flags) | (view.getUint8(from + 10) & flags));
  view.setUint16(
    to + 34,
    (view.getUint16(to + 34, true) & ~bits) | (view.getUint16(from + 34, true) & bits),
    true,
  );
}

function median(values: number[]): number {
  values.sort((left, right) => left - right);
  return values[Math.floor(values.length / 2)] ?? 0;
}

/** The event `back` places before the last set to the card's typical one in every field. */
function calmEvent(view: DataView, count: number, back: number): void {
  const place = (count - 1 - back) * EVENT_BYTES;
  for (const fields of Object.values(fieldsOf)) {
    copyFields(view, typicalEvent(view, count, fields), place, fields);
  }
}

/**
 * The context as it would be had `code` been typical of the card: own fields as in its typical earlier event, features as their median in its past.
 * @param back which earlier event, where `code` is about one
 */
export function setTypical(context: Context, code: ReasonCode, past: CardPast, back = 1): EncoderRow {
  const { portfolioId, eventCount } = context;
  const events = context.events.slice();
  const features = context.features.slice();
  const view = new DataView(events.buffer);
  const own = (eventCount - 1) * EVENT_BYTES;
  const fields = fieldsOf[code];
  if (fields) copyFields(view, typicalEvent(view, eventCount, fields), own, fields);
  if (code === 'HOUR_UNUSUAL') {
    const typical = hourOf(view, typicalEvent(view, eventCount, { key: hourOf }));
    const seconds = view.getUint32(own, true);
    view.setUint32(own, seconds - (seconds % DAY_SECONDS) + typical * HOUR_SECONDS, true);
  }
  if (code === 'RECENT_BEHAVIOUR_UNUSUAL') calmEvent(view, eventCount, back);
  const group = occlusionGroups.find((one) => one.code === code);
  for (const [place] of group?.features ?? []) {
    features[place] = median(past.map((values) => values[place] ?? 0));
  }
  return { portfolioId, events, eventCount, features };
}
