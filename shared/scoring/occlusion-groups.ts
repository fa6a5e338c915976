// shared/scoring/occlusion-groups.ts: what is taken away from a transaction to see what its score rests on: one group of fields and features per reason code.
import type { ReasonCode } from '../domain/reason-code.ts';
import { dropField } from '../encoder/targets.ts';
import { scaleCount, scaleGap } from '../features/feature-input.ts';
import { featureNames } from '../features/velocity.ts';
import { AUTH_FLAGS, BURST_SCALE, FIXED_SCALE } from '../sequence/packed-event.ts';

/** Changes the packed event at `offset` in place, as if the fields had never been sent. */
export type Blank = (view: DataView, offset: number) => void;

export interface OcclusionGroup {
  readonly code: ReasonCode;
  /** Place in `featureNames` and what stands for "nothing known" there. */
  readonly features: readonly (readonly [place: number, neutral: number])[];
  /** Fields of the transaction itself; absent where only features tell of the group, so that the readings stay. */
  readonly blank?: Blank;
}

const DAY_SECONDS = 86_400;
/** ln(1 + a day in seconds): stands for a gap, which only a card's first event lacks. */
const DAY_LOG = Math.log1p(DAY_SECONDS);
/** A yes/no feature that is not known (features/transaction-features.ts). */
const UNKNOWN = 0.5;
const ONE = scaleCount(1);

const clearBits = (view: DataView, offset: number, bits: number): void =>
  view.setUint16(offset + 34, view.getUint16(offset + 34, true) & ~bits, true);

/** No transaction lacks its amount: the population's median, at the card's level, stands for one that says nothing. */
const blankAmount: Blank = (view, offset) => {
  view.setFloat32(offset + 20, 1, true);
  for (const at of [24, 26, 28]) view.setInt16(offset + at, 0, true);
  view.setUint16(offset + 44, BURST_SCALE, true);
};
const blankGap: Blank = (view, offset) => view.setInt16(offset + 32, Math.round(DAY_LOG * FIXED_SCALE), true);
/** Nor its time: noon (UTC) of the same day. */
const blankHour: Blank = (view, offset) => {
  const seconds = view.getUint32(offset, true);
  view.setUint32(offset, seconds - (seconds % DAY_SECONDS) + DAY_SECONDS / 2, true);
};
const blankCategory: Blank = (view, offset) => dropField(view, offset, 'category');
const blankMerchant: Blank = (view, offset) => dropField(view, offset, 'merchant');
const blankEntryMode: Blank = (view, offset) => {
  dropField(view, offset, 'entryMode');
  dropField(view, offset, 'cardPresent');
};
const blankCountry: Blank = (view, offset) => {
  dropField(view, offset, 'country');
  clearBits(view, offset, AUTH_FLAGS.ipCountryDiffers | AUTH_FLAGS.crossCurrency);
};
const blankDevice: Blank = (view, offset) =>
  clearBits(view, offset, AUTH_FLAGS.newDevice | AUTH_FLAGS.deviceKnown);
const blankChecks: Blank = (view, offset) => {
  const kept = AUTH_FLAGS.newDevice | AUTH_FLAGS.deviceKnown;
  const others = AUTH_FLAGS.ipCountryDiffers | AUTH_FLAGS.crossCurrency;
  clearBits(view, offset, ~(kept | others) & 0xffff);
};

/** An event of the history that says nothing but that there was one, and when. */
export const blankEvent: Blank = (view, offset) => {
  const parts = [blankAmount, blankGap, blankCategory, blankMerchant, blankEntryMode, blankCountry];
  for (const blank of [...parts, blankDevice, blankChecks]) blank(view, offset);
};

function group(code: ReasonCode, neutral: Readonly<Record<string, number>>, blank?: Blank): OcclusionGroup {
  const features = Object.entries(neutral).map(
    ([name, value]) => [featureNames.indexOf(name), value] as const,
  );
  return { code, features, ...(blank && { blank }) };
}

/** Those that leave the events alone come first: rows with equal events share one pass of the encoder. */
export const occlusionGroups: readonly OcclusionGroup[] = [
  group('SPENDING_BURST', {
    burstCountShort: 0,
    burstCountLong: 0,
    burstLargestShort: ONE,
    burstLargestMiddle: ONE,
    burstLargestLong: ONE,
  }),
  group('MERCHANT_RECENT_FRAUD', {
    merchantRiskShort: 0,
    merchantRiskMiddle: 0,
    merchantRiskLong: 0,
    merchantRunLength: 0,
    merchantRunDays: 0,
    merchantRunUnexplained: 0,
    merchantKnownFrauds: 0,
  }),
  group('MERCHANT_ACTIVITY_UNUSUAL', {
    merchantCountHour: 0,
    merchantSmallHour: 0,
    merchantBurstShare: 0,
  }),
  group('CARD_RECENT_FRAUD', { cardKnownFrauds: 0, cardDaysSinceFraud: scaleCount(99) }),
  group('ACCOUNT_UNUSUAL', {
    accountCountShort: 0,
    accountSumShort: 0,
    accountCountMiddle: 0,
    accountKnownFrauds: 0,
    accountMonthsPastDue: 0,
  }),
  group('NEW_CARD', { cardHistory: scaleCount(30), cardAge: scaleCount(365) }),
  group(
    'AMOUNT_UNUSUAL_FOR_CARD',
    {
      amountLog: 0,
      levelDifference: 0,
      levelZ: 0,
      categoryDifference: 0,
      cardMeanRatio: 0,
      cardLargestRatio: 0,
      merchantAmountRatio: 0,
    },
    blankAmount,
  ),
  group(
    'VELOCITY_HIGH',
    {
      gap: scaleGap(DAY_LOG),
      cardCountTenMinutes: ONE,
      cardCountHour: ONE,
      cardSumHour: ONE,
      cardMerchants: ONE,
      cardSmallAmounts: 0,
      cardRepeatedAmounts: 0,
      cardPaceRatio: 0,
      cardSumRatio: 0,
    },
    blankGap,
  ),
  group('HOUR_UNUSUAL', { hourSin: 0, hourCos: -1, night: 0 }, blankHour),
  group('CATEGORY_UNUSUAL', { categoryGap: scaleGap(DAY_LOG), cardNewCategoryShare: 0 }, blankCategory),
  group(
    'ENTRY_MODE_UNUSUAL',
    { cardNotPresent: UNKNOWN, cardNotPresentSum: 0, cardCashSum: 0 },
    blankEntryMode,
  ),
  group('MERCHANT_UNUSUAL', { newMerchant: UNKNOWN }, blankMerchant),
  group('COUNTRY_UNUSUAL', { abroad: UNKNOWN, ipCountryDiffers: 0, cardCountries: 1 }, blankCountry),
  group('DEVICE_UNUSUAL', { newDevice: UNKNOWN, cardNewDevices: 0 }, blankDevice),
  group('CHECKS_UNUSUAL', { failedChecks: 0, cardDeclines: 0 }, blankChecks),
];
