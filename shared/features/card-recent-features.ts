// shared/features/card-recent-features.ts: what the card did in the last minutes, hours and day: velocity, spread over merchants, countries and devices.
import { entryModes } from '../domain/transaction.ts';
import {
  AUTH_FLAGS,
  EVENT_BYTES,
  EVENT_FLAGS,
  MISSING_FIXED,
  readTimeMs,
  WINDOW,
} from '../sequence/packed-event.ts';
import { COUNTRY_COUNT, isReturn, isSpend } from './codes.ts';
import { type FeatureInput, type FeatureSection, scaleCount } from './feature-input.ts';
import { DAY_MS, HOUR_MS } from './window-totals.ts';

const TEN_MINUTES_MS = 600_000;
const RETURNS_MS = 7 * DAY_MS;
const cashMode = entryModes.indexOf('atm') + 1;
/** Events looked at for the share of new categories, the transaction included. */
const CATEGORY_EVENTS = 8;

interface RecentTally {
  readonly timeMs: number;
  readonly amount: number;
  readonly smallAmount: number;
  merchants: number;
  tenMinutes: number;
  hour: number;
  hourSum: number;
  countries: number;
  declines: number;
  small: number;
  repeated: number;
  notPresentSum: number;
  cashSum: number;
  newDevices: number;
}

const countrySeen = new Uint8Array(COUNTRY_COUNT);
const merchantsSeen = new Uint32Array(WINDOW);

function createTally(timeMs: number, amount: number, smallAmount: number): RecentTally {
  countrySeen.fill(0);
  return {
    timeMs,
    amount,
    smallAmount,
    merchants: 0,
    tenMinutes: 0,
    hour: 0,
    hourSum: 0,
    countries: 0,
    declines: 0,
    small: 0,
    repeated: 0,
    notPresentSum: 0,
    cashSum: 0,
    newDevices: 0,
  };
}

/** Adds the event at byte `at`, which is at most a day old, to the tally. */
function tallySpend(tally: RecentTally, view: DataView, at: number): void {
  const ageMs = tally.timeMs - readTimeMs(view, at);
  const amount = view.getFloat32(at + 20, true);
  const flags = view.getUint8(at + 10);
  if (ageMs <= TEN_MINUTES_MS) tally.tenMinutes++;
  if (ageMs <= HOUR_MS) {
    tally.hour++;
    tally.hourSum += amount;
  }
  if (amount < tally.smallAmount) tally.small++;
  // f32 rounding apart, the same price: a stored card tried again, or a subscription.
  if (Math.abs(amount - tally.amount) <= 1e-6 * tally.amount) tally.repeated++;
  if ((flags & EVENT_FLAGS.cardPresentKnown) !== 0 && (flags & EVENT_FLAGS.cardPresent) === 0) {
    tally.notPresentSum += amount;
  }
  if (view.getUint8(at + 7) === cashMode) tally.cashSum += amount;
  tallyPlace(tally, view, at);
}

function tallyPlace(tally: RecentTally, view: DataView, at: number): void {
  const bits = view.getUint16(at + 34, true);
  const country = view.getUint8(at + 9);
  const merchant = view.getUint32(at + 36, true);
  if ((bits & AUTH_FLAGS.declinedByIssuer) !== 0) tally.declines++;
  if ((bits & AUTH_FLAGS.newDevice) !== 0) tally.newDevices++;
  if (merchant !== 0 && tally.merchants < WINDOW) {
    // The mark behind the last one makes the search end there.
    merchantsSeen[tally.merchants] = merchant;
    if (merchantsSeen.indexOf(merchant) === tally.merchants) tally.merchants++;
  }
  if (country !== 0 && countrySeen[country] === 0) {
    countrySeen[country] = 1;
    tally.countries++;
  }
}

function shareOfNewCategories({ own, card }: FeatureInput): number {
  const isNew = (view: DataView, at: number): number =>
    view.getUint8(at + 8) !== 0 && view.getInt16(at + 30, true) === MISSING_FIXED ? 1 : 0;
  const events = Math.min(card.count, CATEGORY_EVENTS - 1);
  let news = isNew(own, 0);
  for (let back = 1; back <= events; back++) {
    news += isNew(card.view, card.firstByte + (card.count - back) * EVENT_BYTES);
  }
  return news / (events + 1);
}

function measureRecent(input: FeatureInput): readonly number[] {
  const { own, timeMs, card, settings } = input;
  const { view, firstByte } = card;
  const tally = createTally(timeMs, own.getFloat32(20, true), settings.smallAmount);
  let returns = 0;
  for (let at = firstByte + (card.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const ageMs = timeMs - readTimeMs(view, at);
    if (ageMs > RETURNS_MS) break;
    const type = view.getUint8(at + 6);
    if (isReturn(type)) returns++;
    else if (ageMs <= DAY_MS && isSpend(type)) tallySpend(tally, view, at);
  }
  tallySpend(tally, own, 0);
  return [
    scaleCount(tally.tenMinutes),
    scaleCount(tally.hour),
    scaleCount(tally.hourSum),
    scaleCount(tally.merchants),
    tally.countries,
    scaleCount(tally.declines),
    scaleCount(tally.small),
    scaleCount(tally.repeated - 1),
    scaleCount(tally.notPresentSum),
    scaleCount(tally.cashSum),
    scaleCount(tally.newDevices),
    shareOfNewCategories(input),
    scaleCount(returns),
  ];
}

/** Over ten minutes, an hour, then a day (returns: a week); the transaction itself is included, except in `cardReturns`. */
export const cardRecentSection: FeatureSection = {
  names: [
    'cardCountTenMinutes',
    'cardCountHour',
    'cardSumHour',
    'cardMerchants',
    'cardCountries',
    'cardDeclines',
    'cardSmallAmounts',
    'cardRepeatedAmounts',
    'cardNotPresentSum',
    'cardCashSum',
    'cardNewDevices',
    'cardNewCategoryShare',
    'cardReturns',
  ],
  measure: measureRecent,
};
