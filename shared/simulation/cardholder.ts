// shared/simulation/cardholder.ts: a person with a card: home, income, rhythm, tastes, devices; and where they are in life.
import { CATEGORY_KINDS, categories } from './categories.ts';
import type { Merchant, MerchantDirectory, Place } from './merchants.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import { createRandom, mixBits, pickWeighted, type Random, toLetters } from './random.ts';
import { HOUR_MS, RHYTHM_COUNT } from './rhythm.ts';

/** Habits stay; what is marked as state changes as life goes on. Memory per card is fixed. */
export interface Cardholder {
  readonly index: number;
  readonly seed: number;
  readonly home: Place;
  readonly accountId: string;
  readonly customerId: string;
  /** ln of spending against the average person's. */
  readonly level: number;
  /** Multiplies each category's spread of amounts. */
  readonly spread: number;
  readonly paymentsPerDay: number;
  readonly rhythm: number;
  /** Personal shift of the day (ms): early birds negative, late risers positive. */
  readonly shiftMs: number;
  readonly loyalty: number;
  readonly onlineFactor: number;
  readonly contactlessShare: number;
  readonly walletShare: number;
  readonly salaryDay: number;
  readonly hasCredit: boolean;
  readonly incomeEuro: number;
  /** Cumulative taste over categories, 1 at the end. */
  readonly tastes: Float32Array;
  // state
  cardToken: string;
  cardGeneration: number;
  /** Token the next transaction announces as replaced. */
  replaces: string | undefined;
  deviceGeneration: number;
  place: Place;
  tripUntilMs: number;
  spreeUntilMs: number;
  spreeBoost: number;
  /** Payments against what is usual for the person: above 1 while an account is being built up. */
  eagerness: number;
  /** No payments before this instant: the card is blocked or not delivered yet. */
  blockedUntilMs: number;
  /** Repeats what was just done: same merchant, within minutes. */
  chained: Merchant | undefined;
  chainedAmountMinor: number;
  /** 0 fine, 1 strained, 2 failing, 3 gone for good: moves spending, repayment and declines. */
  stress: number;
  /** Owed on the account, in minor units of the home currency. */
  balanceMinor: number;
  readonly limitMinor: number;
  monthsPastDue: number;
}

export function cardTokenOf(portfolioSeed: number, index: number, generation: number): string {
  return `tok_${toLetters(mixBits(portfolioSeed, index, generation))}${toLetters(mixBits(index, generation, portfolioSeed))}`;
}

/** Device of a person: each generation is a new phone or computer. */
export function deviceOf(personSeed: number, generation: number): string {
  return `dev_${toLetters(mixBits(personSeed, 77, generation))}${toLetters(mixBits(generation, personSeed, 78))}`;
}

const TASTE_SPREAD = 0.9;

function drawTastes(traits: PortfolioTraits, random: Random, onlineFactor: number): Float32Array {
  const tastes = new Float32Array(CATEGORY_KINDS);
  let sum = 0;
  for (const category of categories) {
    const isSubscription = category.roles.includes('subscription');
    const reach = reachOf(traits, category.onlineShare, onlineFactor);
    const liking = Math.exp(TASTE_SPREAD * random.normal());
    sum += isSubscription ? 0 : category.weight * liking * reach;
    tastes[category.index] = sum;
  }
  return tastes.map((value) => value / sum);
}

/** How much of a category a portfolio of this domain sees at all. */
function reachOf(traits: PortfolioTraits, onlineShare: number, onlineFactor: number): number {
  if (traits.domain === 'card-not-present') return onlineShare;
  if (traits.domain === 'point-of-sale') return 1 - onlineShare;
  return 1 - onlineShare + onlineShare * onlineFactor;
}

/** Draws person `index` of a portfolio. */
export function createCardholder(
  traits: PortfolioTraits,
  directory: MerchantDirectory,
  index: number,
): Cardholder {
  const seed = mixBits(traits.seed, index, 3);
  const random = createRandom(seed);
  const home = pickWeighted(random, directory.homePlaces, ({ share }) => share)?.place ?? directory.web;
  const level = traits.incomeLevel + traits.incomeSpread * random.normal();
  const incomeEuro = 2200 * Math.exp(level);
  const onlineFactor = traits.onlineFactor * random.logNormal(1, 0.5);
  const customer = random.chance(0.12) && index > 0 ? index - 1 : index;
  const letters = toLetters(mixBits(traits.seed, customer, 5)) + toLetters(mixBits(traits.seed, customer, 6));
  return {
    index,
    seed,
    home,
    level,
    onlineFactor,
    accountId: `acc_${letters}`,
    customerId: `cus_${letters}`,
    spread: 0.75 * random.logNormal(traits.personalSpread, 0.25),
    paymentsPerDay: Math.min(6, traits.transactionsPerDay * random.logNormal(0.85, 0.6)),
    rhythm: random.integer(RHYTHM_COUNT),
    shiftMs: random.normal() * 1.1 * HOUR_MS,
    loyalty: Math.min(1.1, traits.loyalty * random.between(0.75, 1.15)),
    contactlessShare: Math.min(0.95, traits.contactlessShare * random.between(0.4, 1.4)),
    walletShare: random.chance(traits.walletShare * 2) ? random.between(0.2, 0.9) : 0,
    salaryDay: random.chance(0.6) ? 25 + random.integer(4) : 1 + random.integer(28),
    hasCredit: customer === index && random.chance(traits.creditShare),
    incomeEuro,
    limitMinor: Math.round(
      incomeEuro * random.between(0.5, 2.5) * home.country.minorPerEuro * home.country.priceLevel,
    ),
    balanceMinor: 0,
    monthsPastDue: 0,
    tastes: drawTastes(traits, random, onlineFactor),
    cardToken: cardTokenOf(traits.seed, index, 0),
    cardGeneration: 0,
    replaces: undefined,
    deviceGeneration: 0,
    place: home,
    tripUntilMs: 0,
    spreeUntilMs: 0,
    spreeBoost: 1,
    eagerness: 1,
    blockedUntilMs: 0,
    chained: undefined,
    chainedAmountMinor: 0,
    stress: random.chance(traits.stressShare) ? 1 : 0,
  };
}
