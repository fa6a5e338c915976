// test/shared/features/describe-event.test.ts: what a packed event says of a transaction and of its card's past.
import { expect, test } from 'vitest';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { categoryNames, countryOf } from '../../../shared/features/codes.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import {
  AUTH_FLAGS,
  EVENT_FLAGS,
  type EventFields,
  readEvent,
} from '../../../shared/sequence/packed-event.ts';
import { DAY_MS, makeTransaction, reference, startMs, toTime } from './histories.ts';

/** Packed events of transactions of one card, an hour apart. */
function describeAll(...fields: Record<string, unknown>[]): EventFields[] {
  const replay = createReplay({ referenceOf: () => reference });
  return fields.map((each, index) => {
    const transaction: Transaction = makeTransaction({
      transactionId: `t${index}`,
      eventTime: toTime(startMs + index * 3_600_000),
      ...each,
    });
    return readEvent(new DataView(replay.push(transaction).event.buffer), 0);
  });
}

const lastOf = (events: readonly EventFields[]): EventFields => {
  const last = events.at(-1);
  if (last === undefined) throw new RangeError('no event');
  return last;
};

test('amount is the billing amount where there is one, over the median of its currency', () => {
  const [own, billed, yen, unknown] = describeAll(
    { amountMinor: 8000 },
    { amountMinor: 999_999, currency: 'JPY', billingAmountMinor: 6000, billingCurrency: 'EUR' },
    { amountMinor: 10_000, currency: 'JPY' },
    { amountMinor: 8000, currency: 'CHF' },
  );
  expect([own?.amount, billed?.amount, yen?.amount, unknown?.amount]).toEqual([2, 1.5, 2, 2]);
  expect((own?.flags ?? 0) & EVENT_FLAGS.currencyKnown).not.toBe(0);
  expect((unknown?.flags ?? 0) & EVENT_FLAGS.currencyKnown).toBe(0);
  expect((billed?.authentication ?? 0) & AUTH_FLAGS.crossCurrency).not.toBe(0);
  expect((own?.authentication ?? 0) & AUTH_FLAGS.crossCurrency).toBe(0);
});

test('the first event of a card is compared with the population, and its gaps are missing', () => {
  const first = lastOf(describeAll({ amountMinor: 4800, merchant: { mcc: '5411' } }));
  expect(first.levelDifference).toBeCloseTo(0, 3);
  expect(first.categoryDifference).toBeCloseTo(0, 3);
  expect(first.burstRatio).toBeCloseTo(1.2 / 1.22, 1);
  expect(first.gapLog).toBeNaN();
  expect(first.categoryGapLog).toBeNaN();
});

test('one outlier does not move the level of a card', () => {
  const steady = Array.from({ length: 10 }, () => ({ amountMinor: 4000 }));
  const without = lastOf(describeAll(...steady, { amountMinor: 40_000 }));
  const withOutlier = lastOf(describeAll(...steady, { amountMinor: 400_000 }, { amountMinor: 40_000 }));
  expect(withOutlier.levelDifference).toBeCloseTo(without.levelDifference, 2);
  expect(without.burstRatio).toBeGreaterThan(9);
});

test('refunds and repayments do not move the level of a card', () => {
  const spent = [{ amountMinor: 4000 }, { amountMinor: 4400 }];
  const returned = [
    { amountMinor: 900_000, type: 'refund' },
    { amountMinor: 900_000, type: 'repayment' },
    { amountMinor: 900_000, type: 'statement', monthsPastDue: 2 },
  ];
  const quiet = lastOf(describeAll(...spent, { amountMinor: 4000 }));
  const busy = lastOf(describeAll(...spent, ...returned, { amountMinor: 4000 }));
  expect(busy.levelDifference).toBe(quiet.levelDifference);
  expect(describeAll(...returned).map(({ type, monthsPastDue }) => [type, monthsPastDue])).toEqual([
    [5, 0],
    [7, 0],
    [6, 3],
  ]);
});

test('merchant, category and country are set against the past of the card', () => {
  const shop = { id: 'shop', mcc: '5411', country: 'DE' };
  const events = describeAll(
    { merchant: shop },
    { merchant: { id: 'other', mcc: '5812', country: 'DE' } },
    { merchant: { ...shop, country: 'FR' } },
    {},
  );
  const has = (index: number, flag: number) => ((events[index]?.flags ?? 0) & flag) !== 0;
  const { sameMerchant, merchantKnown, sameCategory, homeCountry, sameCountry } = EVENT_FLAGS;
  expect([0, 1, 2, 3].map((index) => has(index, sameMerchant))).toEqual([false, false, true, false]);
  expect([0, 1, 2, 3].map((index) => has(index, merchantKnown))).toEqual([true, true, true, false]);
  expect([0, 1, 2, 3].map((index) => has(index, sameCategory))).toEqual([false, false, false, false]);
  expect([0, 1, 2, 3].map((index) => has(index, homeCountry))).toEqual([true, true, false, false]);
  expect([0, 1, 2, 3].map((index) => has(index, sameCountry))).toEqual([false, true, false, false]);
  expect(events[2]?.categoryGapLog).toBeCloseTo(Math.log1p(7200), 2);
  expect(events[2]?.gapLog).toBeCloseTo(Math.log1p(3600), 2);
  expect(events[2]?.country).toBe(countryOf('FR'));
  expect([events[3]?.category, events[3]?.categoryDifference, events[3]?.categoryGapLog]).toEqual([
    0,
    Number.NaN,
    Number.NaN,
  ]);
});

test('a device is new the first time only, and an IP address abroad is told against the card’s home', () => {
  const merchant = { id: 'web', country: 'US' };
  const home = { merchant: { id: 'shop', country: 'DE' } };
  const events = describeAll(
    home,
    home,
    { merchant, deviceId: 'phone', ipCountry: 'DE' },
    { merchant, deviceId: 'phone', ipCountry: 'BR' },
    {},
  );
  const has = (index: number, flag: number) => ((events[index]?.authentication ?? 0) & flag) !== 0;
  expect([1, 2, 3, 4].map((index) => has(index, AUTH_FLAGS.newDevice))).toEqual([false, true, false, false]);
  expect([1, 2, 3, 4].map((index) => has(index, AUTH_FLAGS.deviceKnown))).toEqual([false, true, true, false]);
  expect([2, 3].map((index) => has(index, AUTH_FLAGS.ipCountryDiffers))).toEqual([false, true]);
});

test('answers of authentication and issuer become bits', () => {
  const { authentication } = lastOf(
    describeAll({
      authentication: { cvv: 'mismatch', avs: 'mismatch', threeDSecure: 'failed', pin: 'failed' },
      authorizationResponse: 'declined',
    }),
  );
  expect(authentication).toBe(
    AUTH_FLAGS.cvvMismatch |
      AUTH_FLAGS.avsMismatch |
      AUTH_FLAGS.threeDSecureFailed |
      AUTH_FLAGS.pinFailed |
      AUTH_FLAGS.declinedByIssuer,
  );
  const answered = { authentication: { cvv: 'match', threeDSecure: 'authenticated', pin: 'verified' } };
  expect(lastOf(describeAll(answered)).authentication).toBe(
    AUTH_FLAGS.threeDSecureAuthenticated | AUTH_FLAGS.pinVerified,
  );
});

test('transfers and cash withdrawals have a category without a code', () => {
  const [transfer, cash, plain] = describeAll(
    { type: 'transfer' },
    { entryMode: 'atm' },
    { entryMode: 'chip' },
  );
  expect(categoryNames[transfer?.category ?? 0]).toBe('transfer-and-financial');
  expect(categoryNames[cash?.category ?? 0]).toBe('cash');
  expect(plain?.category).toBe(0);
});

test('an event that arrives late changes no event that is stored', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const later = replay.push(makeTransaction({ transactionId: 't1', eventTime: toTime(startMs + DAY_MS) }));
  const before = later.event.slice();
  replay.push(makeTransaction({ transactionId: 't0', eventTime: toTime(startMs), amountMinor: 900_000 }));
  const { context } = replay.push(
    makeTransaction({ transactionId: 't2', eventTime: toTime(startMs + 2 * DAY_MS) }),
  );
  expect(context.eventCount).toBe(3);
  expect(context.events.subarray(48, 96)).toEqual(before);
});
