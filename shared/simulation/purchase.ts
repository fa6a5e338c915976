// shared/simulation/purchase.ts: one payment as its payer means it; genuine ones are drawn here from a cardholder's habits.
import type { EntryMode, Transaction } from '../domain/transaction.ts';
import { type Cardholder, deviceOf } from './cardholder.ts';
import { CATEGORY_KINDS, type Category, categories, categoriesFor, hourAffinity } from './categories.ts';
import { isOpen, type Merchant, type MerchantDirectory, type Place } from './merchants.ts';
import {
  type Authentication,
  drawAuthentication,
  drawDevice,
  drawIpCountry,
  drawOnlineMode,
  drawPresentMode,
  drawResponse,
} from './payment-means.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import { priceOf } from './price.ts';
import type { Random } from './random.ts';
import { HOUR_MS, hourOf } from './rhythm.ts';

type MerchantFields = NonNullable<Transaction['merchant']>;

/** Everything a transaction says about one payment, before a portfolio's systems leave fields out. */
export interface Purchase {
  readonly type: 'authorization' | 'transfer';
  readonly merchant: Merchant;
  readonly terminal: MerchantFields;
  readonly amountMinor: number;
  readonly entryMode: EntryMode;
  readonly cardPresent: boolean;
  /** Undefined where no device takes part. */
  readonly device: string | undefined;
  readonly ipCountry: string | undefined;
  readonly authentication: Authentication | undefined;
  readonly response: 'approved' | 'declined';
}

/** What purchases are drawn with. */
export interface Market {
  readonly traits: PortfolioTraits;
  readonly directory: MerchantDirectory;
  readonly random: Random;
}

const CATEGORY_TRIES = 4;
const tripCategories = categoriesFor('on-trip');
const spreeCategories = [...categoriesFor('large'), ...categoriesFor('gift')];

function drawByTaste(random: Random, person: Cardholder): Category {
  const share = random.uniform();
  let low = 0;
  let high = CATEGORY_KINDS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((person.tastes[middle] as number) > share) high = middle;
    else low = middle + 1;
  }
  return categories[low] as Category;
}

/** A category the person likes and the hour allows. */
function drawCategory(market: Market, person: Cardholder, timeMs: number): Category {
  const { random } = market;
  const isAway = timeMs < person.tripUntilMs;
  const isSpree = timeMs < person.spreeUntilMs;
  const hour = hourOf(timeMs + person.place.country.utcOffsetHours * HOUR_MS);
  let category = categories[0] as Category;
  for (let attempt = 0; attempt < CATEGORY_TRIES; attempt += 1) {
    if (isAway && random.chance(0.65))
      category = tripCategories[random.integer(tripCategories.length)] as Category;
    else if (isSpree && random.chance(0.6))
      category = spreeCategories[random.integer(spreeCategories.length)] as Category;
    else category = drawByTaste(random, person);
    if (random.uniform() < (hourAffinity[category.index * 24 + hour] as number)) return category;
  }
  return category;
}

function isOnlinePurchase(market: Market, person: Cardholder, category: Category): boolean {
  const { domain } = market.traits;
  if (domain === 'card-not-present') return true;
  if (domain === 'point-of-sale') return false;
  const online = category.onlineShare * person.onlineFactor;
  return market.random.uniform() * (1 - category.onlineShare + online) < online;
}

function drawMerchant(market: Market, person: Cardholder, category: Category, timeMs: number): Merchant {
  const { random, directory } = market;
  if (isOnlinePurchase(market, person, category)) return drawFrom(market, person, category, directory.web);
  const isOutOfTown = timeMs >= person.tripUntilMs && random.chance(0.06);
  const place = isOutOfTown ? neighbourOf(market, person) : person.place;
  const hour = hourOf(timeMs + place.country.utcOffsetHours * HOUR_MS);
  const first = drawFrom(market, person, category, place);
  return isOpen(first, hour) ? first : drawFrom(market, person, category, place);
}

function neighbourOf({ random, directory }: Market, person: Cardholder): Place {
  const { place } = directory.homePlaces[random.integer(directory.homePlaces.length)] ?? {
    place: person.home,
  };
  return place.country === person.home.country ? place : person.home;
}

function drawFrom(
  { random, directory }: Market,
  person: Cardholder,
  category: Category,
  place: Place,
): Merchant {
  if (random.uniform() >= category.loyalty * person.loyalty) return directory.pick(random, place, category);
  const rank = Math.floor(3 * random.uniform() ** 2);
  return directory.favourite(person.seed, place, category, rank);
}

/** Euro at price level 1: category × person × merchant × chance. */
export function drawEuro(random: Random, person: Cardholder, merchant: Merchant): number {
  const { category } = merchant;
  const level = category.elasticity * person.level + merchant.priceLevel + strain(person, category);
  return category.medianEuro * Math.exp(level + category.sigma * person.spread * random.normal());
}

/** People short of money buy less of the necessary and draw more cash. */
function strain(person: Cardholder, category: Category): number {
  if (person.stress === 0) return 0;
  return category.roles.includes('cash') ? 0.25 * person.stress : -0.1 * person.stress;
}

/** Draws what a person buys now, from habits and from what they are living through. */
export function drawPurchase(market: Market, person: Cardholder, timeMs: number): Purchase {
  const { random } = market;
  const repeated = person.chained;
  const merchant = repeated ?? drawMerchant(market, person, drawCategory(market, person, timeMs), timeMs);
  const boost = timeMs < person.spreeUntilMs ? person.spreeBoost : 1;
  const euro = drawEuro(random, person, merchant) * boost;
  const priced = priceOf(random, euro, merchant.category, merchant.place.country);
  const amountMinor = repeated && person.chainedAmountMinor > 0 ? person.chainedAmountMinor : priced;
  return merchant.isOnline
    ? onlinePurchase(market, person, { merchant, amountMinor, timeMs })
    : presentPurchase(market, person, { merchant, amountMinor, euro });
}

export function pickTerminal(random: Random, merchant: Merchant): MerchantFields {
  const { terminals } = merchant;
  return terminals[Math.floor(terminals.length * random.uniform() ** 1.5)] as MerchantFields;
}

export function onlinePurchase(
  market: Market,
  person: Cardholder,
  order: { merchant: Merchant; amountMinor: number; timeMs: number },
): Purchase {
  const { random } = market;
  const { merchant, amountMinor, timeMs } = order;
  const entryMode = drawOnlineMode(random, person, merchant);
  return {
    type: merchant.category.roles.includes('transfer') && random.chance(0.8) ? 'transfer' : 'authorization',
    merchant,
    terminal: pickTerminal(random, merchant),
    amountMinor,
    entryMode,
    cardPresent: false,
    device: drawDevice(random, person),
    ipCountry: drawIpCountry(random, person, timeMs),
    authentication: drawAuthentication(market, entryMode),
    response: drawResponse(market, person),
  };
}

function presentPurchase(
  market: Market,
  person: Cardholder,
  order: { merchant: Merchant; amountMinor: number; euro: number },
): Purchase {
  const entryMode = drawPresentMode(market, person, order.merchant, order.euro);
  return {
    type: 'authorization',
    merchant: order.merchant,
    terminal: pickTerminal(market.random, order.merchant),
    amountMinor: order.amountMinor,
    entryMode,
    cardPresent: true,
    device: entryMode === 'wallet' ? deviceOf(person.seed, person.deviceGeneration) : undefined,
    ipCountry: undefined,
    authentication: drawAuthentication(market, entryMode),
    response: drawResponse(market, person),
  };
}
