// shared/features/transaction-features.ts: features of the transaction itself: amount against card and category, time, place, checks failed.
import { AUTH_FLAGS, EVENT_FLAGS, readFixed } from '../sequence/packed-event.ts';
import { type FeatureInput, type FeatureSection, scaleGap, signedLog, toShare } from './feature-input.ts';
import { AMOUNT_FLOOR } from './reference-amount.ts';
import { HOUR_MS } from './window-totals.ts';

const failureBits = [
  AUTH_FLAGS.cvvMismatch,
  AUTH_FLAGS.avsMismatch,
  AUTH_FLAGS.threeDSecureFailed,
  AUTH_FLAGS.pinFailed,
];

/** Hour ≤ 6 (UTC) counts as night, as in the published feature. */
const LAST_NIGHT_HOUR = 6;

function measureTransaction({ own, timeMs }: FeatureInput): readonly number[] {
  const flags = own.getUint8(10);
  const bits = own.getUint16(34, true);
  const categoryDifference = readFixed(own, 28);
  const levelDifference = readFixed(own, 24);
  const hours = timeMs / HOUR_MS;
  const hour = Math.floor(hours) % 24;
  const weekday = (Math.floor(hours / 24) + 4) % 7; // 1970-01-01 was a Thursday; 0 = Sunday
  const angle = (2 * Math.PI * (hours % 24)) / 24;
  const hasMerchant = (flags & EVENT_FLAGS.merchantKnown) !== 0;
  return [
    Math.log(own.getFloat32(20, true) + AMOUNT_FLOOR),
    levelDifference,
    signedLog(readFixed(own, 26)),
    Number.isNaN(categoryDifference) ? levelDifference : categoryDifference,
    scaleGap(readFixed(own, 32)),
    scaleGap(readFixed(own, 30)),
    Math.sin(angle),
    Math.cos(angle),
    Number(weekday === 0 || weekday === 6),
    Number(hour <= LAST_NIGHT_HOUR),
    toShare(hasMerchant, (flags & EVENT_FLAGS.sameMerchant) === 0),
    toShare(own.getUint8(9) !== 0, (flags & EVENT_FLAGS.homeCountry) === 0),
    toShare((flags & EVENT_FLAGS.cardPresentKnown) !== 0, (flags & EVENT_FLAGS.cardPresent) === 0),
    toShare((bits & AUTH_FLAGS.deviceKnown) !== 0, (bits & AUTH_FLAGS.newDevice) !== 0),
    failureBits.reduce((failures, bit) => failures + ((bits & bit) === 0 ? 0 : 1), 0),
    (bits & AUTH_FLAGS.ipCountryDiffers) === 0 ? 0 : 1,
  ];
}

/** Missing: category difference → level difference; gaps → 40 days; yes/no fields → .5. Times are UTC. */
export const transactionSection: FeatureSection = {
  names: [
    'amountLog',
    'levelDifference',
    'levelZ',
    'categoryDifference',
    'gap',
    'categoryGap',
    'hourSin',
    'hourCos',
    'weekend',
    'night',
    'newMerchant',
    'abroad',
    'cardNotPresent',
    'newDevice',
    'failedChecks',
    'ipCountryDiffers',
  ],
  measure: measureTransaction,
};
