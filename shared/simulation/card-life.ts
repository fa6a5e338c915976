// shared/simulation/card-life.ts: one card from payment to payment: rhythm, salary, season, travel, sprees, new devices, sessions.
import type { Calendar, Occurrence } from './calendar.ts';
import type { Cardholder } from './cardholder.ts';
import { drawPurchase, type Market, type Purchase } from './purchase.ts';
import type { Random } from './random.ts';
import { DAY_MS, dateOf, HOUR_MS, seasonOf, walkRhythm } from './rhythm.ts';

/** What the life of a card needs from the world around it. */
export interface CardWorld extends Market {
  readonly calendar: Calendar;
  /** Called with each genuine purchase. */
  pay(person: Cardholder, purchase: Purchase, timeMs: number): void;
  /** Season of the day at `timeMs`, looked up, not computed. */
  season(timeMs: number): number;
}

const DAYS_PER_WEEK = 7;
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * DAY_MS;
/** Spending right after the salary, and in the days before the next. */
const SALARY_BOOST = 1.3;
const SALARY_THRIFT = 0.85;
const SALARY_DAYS = 4;

/** Season by day, computed once a day: payments come in order of time. */
export function createSeason(strength: number): (timeMs: number) => number {
  let day = -1;
  let season = 1;
  return (timeMs) => {
    const today = Math.floor(timeMs / DAY_MS);
    if (today !== day) {
      day = today;
      season = seasonOf(timeMs, strength);
    }
    return season;
  };
}

/** Mean length of a month: close enough to tell days since the salary. */
const MONTH_DAYS = 30.44;

function salaryFactor(person: Cardholder, timeMs: number): number {
  const since = (timeMs / DAY_MS - person.salaryDay) % MONTH_DAYS;
  if (since < SALARY_DAYS) return SALARY_BOOST;
  return since > MONTH_DAYS - 6 ? SALARY_THRIFT : 1;
}

function nextGap(world: CardWorld, person: Cardholder, timeMs: number): number {
  const spree = timeMs < person.spreeUntilMs ? 3 : 1;
  const trip = timeMs < person.tripUntilMs ? 1.8 : 1;
  const rate =
    person.eagerness *
    person.paymentsPerDay *
    world.season(timeMs) *
    salaryFactor(person, timeMs) *
    spree *
    trip;
  const gapWeeks = world.random.exponential(1 / (rate * DAYS_PER_WEEK));
  const offset = person.place.country.utcOffsetHours * HOUR_MS - person.shiftMs;
  return walkRhythm(person.rhythm, timeMs + offset, gapWeeks) - offset;
}

/** The same again (a round, a game, a second ticket), another try after a refusal, or the next shop of the same walk. */
function chainAfter(random: Random, person: Cardholder, purchase: Purchase): number {
  const { category } = purchase.merchant;
  person.chained = undefined;
  person.chainedAmountMinor = 0;
  if (purchase.response === 'declined' && random.chance(0.5)) {
    person.chained = purchase.merchant;
    person.chainedAmountMinor = purchase.amountMinor;
    return random.exponential(2 * MINUTE_MS) + 5_000;
  }
  if (random.chance(category.chain)) {
    person.chained = purchase.merchant;
    return random.exponential(12 * MINUTE_MS) + 10_000;
  }
  return random.chance(0.12) ? random.exponential(35 * MINUTE_MS) + MINUTE_MS : 0;
}

/** The standing entry of one card in the calendar. */
export function createCardLife(world: CardWorld, person: Cardholder): Occurrence {
  return {
    happen: (timeMs) => {
      if (timeMs < person.blockedUntilMs) return person.blockedUntilMs + world.random.exponential(DAY_MS);
      if (timeMs >= person.tripUntilMs && person.place !== person.home) person.place = person.home;
      const purchase = drawPurchase(world, person, timeMs);
      world.pay(person, purchase, timeMs);
      const chained = chainAfter(world.random, person, purchase);
      return chained > 0 ? timeMs + chained : nextGap(world, person, timeMs);
    },
  };
}

/** First payment of a card after `startMs`. */
export function firstPayment(world: CardWorld, person: Cardholder, startMs: number): number {
  return nextGap(world, person, startMs);
}

/** Sprees: a move, a wedding, gifts: a few days of many large payments at new places. */
export function createSprees(world: CardWorld, person: Cardholder): Occurrence {
  const { random, traits } = world;
  const pause = () => random.exponential(YEAR_MS / traits.spreesPerYear);
  return {
    happen: (timeMs) => {
      const isGiftSeason = dateOf(timeMs).month === 11;
      person.spreeUntilMs = timeMs + random.between(0.2, isGiftSeason ? 4 : 2.5) * DAY_MS;
      person.spreeBoost = random.logNormal(1.8, 0.5);
      return person.spreeUntilMs + pause();
    },
  };
}

/** New phones and computers. */
export function createDeviceChanges(world: CardWorld, person: Cardholder): Occurrence {
  const { random, traits } = world;
  return {
    happen: (timeMs) => {
      person.deviceGeneration += 1;
      return timeMs + random.exponential(YEAR_MS / traits.devicesPerYear);
    },
  };
}
