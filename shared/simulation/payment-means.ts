// shared/simulation/payment-means.ts: how an honest payer pays: entry mode, checks, device, network, and the issuer's answer.
import type { EntryMode, Transaction } from '../domain/transaction.ts';
import { type Cardholder, deviceOf } from './cardholder.ts';
import type { Merchant } from './merchants.ts';
import type { Market } from './purchase.ts';
import type { Random } from './random.ts';

export type Authentication = NonNullable<Transaction['authentication']>;

/** Amount above which a card is read by chip and PIN rather than contactless, in euro. */
const CONTACTLESS_LIMIT_EURO = 50;
const MISTYPED_PIN = 0.008;
const MISTYPED_CVV = 0.012;
const FAILED_CHALLENGE = 0.02;
/** Networks that seem to be abroad: private networks, roaming. */
const FOREIGN_NETWORK = 0.02;
const SECOND_DEVICE = 0.15;
const exitCountries = ['NL', 'US', 'DE', 'GB'] as const;

/** How a card that is present is read. */
export function drawPresentMode(
  market: Market,
  person: Cardholder,
  merchant: Merchant,
  euro: number,
): EntryMode {
  const { random, traits } = market;
  if (merchant.category.mcc === '6011') return 'atm';
  if (random.chance(person.walletShare)) return 'wallet';
  if (euro < CONTACTLESS_LIMIT_EURO && random.chance(person.contactlessShare)) return 'contactless';
  return random.chance(traits.magstripeShare) ? 'magstripe' : 'chip';
}

/** How a payment on the web is entered: the more loyal its customers, the more cards a shop has stored. */
export function drawOnlineMode(random: Random, person: Cardholder, merchant: Merchant): EntryMode {
  if (random.chance(person.walletShare * 0.4)) return 'wallet';
  return random.chance(merchant.category.loyalty * 0.7) ? 'credential-on-file' : 'ecommerce';
}

function drawAddressCheck(slip: number): Authentication['avs'] {
  if (slip > 0.96) return 'mismatch';
  return slip > 0.9 ? 'partial' : 'match';
}

function drawChallenge(market: Market, slip: number): Authentication['threeDSecure'] {
  if (!market.random.chance(market.traits.threeDSecureShare)) return 'not-performed';
  return slip < FAILED_CHALLENGE ? 'failed' : 'authenticated';
}

/** Checks of an honest payer: nearly always right, sometimes mistyped. */
export function drawAuthentication(market: Market, entryMode: EntryMode): Authentication | undefined {
  const { random } = market;
  if (entryMode === 'chip' || entryMode === 'atm')
    return { pin: random.chance(MISTYPED_PIN) ? 'failed' : 'verified' };
  const slip = random.uniform();
  if (entryMode === 'credential-on-file') {
    return { cvv: 'not-provided', avs: drawAddressCheck(slip), threeDSecure: 'not-performed' };
  }
  if (entryMode !== 'ecommerce') return undefined;
  return {
    cvv: slip < MISTYPED_CVV ? 'mismatch' : 'match',
    avs: drawAddressCheck(slip),
    threeDSecure: drawChallenge(market, slip),
  };
}

/** Second devices are ordinary, too. */
export function drawDevice(random: Random, person: Cardholder): string {
  return deviceOf(person.seed, random.chance(SECOND_DEVICE) ? -1 : person.deviceGeneration);
}

/** Country of the network address. */
export function drawIpCountry(random: Random, person: Cardholder, timeMs: number): string {
  if (random.chance(FOREIGN_NETWORK)) return exitCountries[random.integer(exitCountries.length)] ?? 'NL';
  const place = timeMs < person.tripUntilMs ? person.place : person.home;
  return place.country.code;
}

/** How often an issuer refuses an honest payer: more when money is short, nearly always over the limit. */
export function drawResponse({ random, traits }: Market, person: Cardholder): 'approved' | 'declined' {
  if (person.hasCredit && person.balanceMinor > person.limitMinor && random.chance(0.85)) return 'declined';
  return random.chance(traits.declineShare * (1 + 2 * person.stress)) ? 'declined' : 'approved';
}
