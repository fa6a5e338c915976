// shared/features/describe-event.ts: a transaction as a packed event, its inputs computed from what its card did strictly before it.
import { merchantKeyOf, type Transaction } from '../domain/transaction.ts';
import type { EntityView } from '../sequence/entity-view.ts';
import { hashMerchant } from '../sequence/id-hash.ts';
import { AUTH_FLAGS, EVENT_BYTES, EVENT_FLAGS, writeEvent } from '../sequence/packed-event.ts';
import { type CardLevel, measureCardLevel } from './card-level.ts';
import { type CardPast, lookBack } from './card-past.ts';
import { categoryNames, categoryOf, countryOf, entryModeOf, typeOf } from './codes.ts';
import type { PopulationReference } from './population-reference.ts';
import { AMOUNT_FLOOR, logRatio, referenceAmount } from './reference-amount.ts';

/** Bytes 46–47 of a packed event: 16 bits of the device id's hash, 0 when there is none. Only for "seen on this card before". */
export const DEVICE_AT = 46;

const transferCategory = categoryNames.indexOf('transfer-and-financial');
const cashCategory = categoryNames.indexOf('cash');

/** Category of a transaction; transfers and cash withdrawals have theirs without a merchant category code. */
export function categoryOfTransaction(transaction: Transaction): number {
  const category = categoryOf(transaction.merchant?.mcc);
  if (category !== 0) return category;
  if (transaction.type === 'transfer') return transferCategory;
  return transaction.entryMode === 'atm' ? cashCategory : 0;
}

function deviceHashOf(transaction: Transaction): number {
  if (transaction.deviceId === undefined) return 0;
  const hash = hashMerchant(transaction.deviceId);
  return (hash ^ (hash >>> 16)) & 0xffff || 1;
}

function authenticationBits(transaction: Transaction): number {
  const { cvv, avs, threeDSecure, pin } = transaction.authentication ?? {};
  return (
    (cvv === 'mismatch' ? AUTH_FLAGS.cvvMismatch : 0) |
    (avs === 'mismatch' ? AUTH_FLAGS.avsMismatch : 0) |
    (threeDSecure === 'failed' ? AUTH_FLAGS.threeDSecureFailed : 0) |
    (threeDSecure === 'authenticated' ? AUTH_FLAGS.threeDSecureAuthenticated : 0) |
    (pin === 'failed' ? AUTH_FLAGS.pinFailed : 0) |
    (pin === 'verified' ? AUTH_FLAGS.pinVerified : 0)
  );
}

function originBits(transaction: Transaction, past: CardPast): number {
  const { deviceId, ipCountry, billingCurrency, currency, authorizationResponse } = transaction;
  // Against the card's home, not the merchant's country: buying abroad from the sofa is ordinary.
  const home = past.homeCountry || countryOf(transaction.merchant?.country);
  const ipDiffers = ipCountry !== undefined && home !== 0 && countryOf(ipCountry) !== home;
  const crossCurrency = billingCurrency !== undefined && billingCurrency !== currency;
  return (
    (deviceId === undefined ? 0 : AUTH_FLAGS.deviceKnown) |
    (deviceId !== undefined && !past.deviceSeen ? AUTH_FLAGS.newDevice : 0) |
    (ipDiffers ? AUTH_FLAGS.ipCountryDiffers : 0) |
    (authorizationResponse === 'declined' ? AUTH_FLAGS.declinedByIssuer : 0) |
    (crossCurrency ? AUTH_FLAGS.crossCurrency : 0)
  );
}

function placeBits(past: CardPast, own: { category: number; country: number; merchantHash: number }): number {
  const { category, country, merchantHash } = own;
  const atHome = country !== 0 && (past.homeCountry === 0 || past.homeCountry === country);
  return (
    (merchantHash === 0 ? 0 : EVENT_FLAGS.merchantKnown) |
    (past.merchantSeen ? EVENT_FLAGS.sameMerchant : 0) |
    (category !== 0 && past.lastCategory === category ? EVENT_FLAGS.sameCategory : 0) |
    (atHome ? EVENT_FLAGS.homeCountry : 0) |
    (country !== 0 && past.lastCountry === country ? EVENT_FLAGS.sameCountry : 0)
  );
}

function cardPresentBits(transaction: Transaction): number {
  if (transaction.cardPresent === undefined) return 0;
  return EVENT_FLAGS.cardPresentKnown | (transaction.cardPresent ? EVENT_FLAGS.cardPresent : 0);
}

/** A packed event with the level it was compared with (features need it too). */
export interface DescribedEvent {
  readonly event: Uint8Array;
  readonly level: CardLevel;
}

/** As `describeEvent`, together with the card's level. */
export function describeWithLevel(
  transaction: Transaction,
  card: EntityView,
  reference: PopulationReference,
): DescribedEvent {
  const { amount, known } = referenceAmount(transaction, reference);
  const category = categoryOfTransaction(transaction);
  const country = countryOf(transaction.merchant?.country);
  const merchantKey = merchantKeyOf(transaction);
  const merchantHash = merchantKey === undefined ? 0 : hashMerchant(merchantKey);
  const deviceHash = deviceHashOf(transaction);
  const level = measureCardLevel(card, category, reference);
  const past = lookBack(card, { category, merchantHash, deviceHash });
  const event = new Uint8Array(EVENT_BYTES);
  const view = new DataView(event.buffer);
  writeEvent(view, 0, {
    timeMs: card.asOf.timeMs,
    idLow: card.asOf.idLow,
    idHigh: card.asOf.idHigh,
    type: typeOf(transaction.type),
    entryMode: entryModeOf(transaction.entryMode),
    category,
    country,
    flags:
      placeBits(past, { category, country, merchantHash }) |
      cardPresentBits(transaction) |
      (known ? EVENT_FLAGS.currencyKnown : 0),
    monthsPastDue: transaction.monthsPastDue === undefined ? 0 : transaction.monthsPastDue + 1,
    amount,
    levelDifference: logRatio(amount, level.mean),
    levelZ: (amount - level.mean) / (level.standardDeviation + AMOUNT_FLOOR),
    categoryDifference: category === 0 ? Number.NaN : logRatio(amount, level.categoryMean),
    categoryGapLog: past.categoryGapLog,
    gapLog: past.gapLog,
    authentication: authenticationBits(transaction) | originBits(transaction, past),
    merchantHash,
    burstRatio: amount / (level.mean + AMOUNT_FLOOR),
  });
  view.setUint16(DEVICE_AT, deviceHash, true);
  return { event, level };
}

/**
 * The transaction's packed event (EVENT_BYTES). `card` must be the view as of the transaction's own position: time
 * and id hash are taken from it. Nothing at or after that position is looked at, and no label. Flags mean:
 * `sameMerchant`: the card was at this merchant before (in its ring); `merchantKnown`: a merchant is given;
 * `sameCategory`, `sameCountry`: as in the previous event that has one; `homeCountry`: the country most frequent
 * in the ring, or nothing to compare with. Gaps are ln(1 + seconds). A missing category has no category inputs.
 */
export function describeEvent(
  transaction: Transaction,
  card: EntityView,
  reference: PopulationReference,
): Uint8Array {
  return describeWithLevel(transaction, card, reference).event;
}
