// shared/simulation/subscriptions.ts: payments that come by themselves, same shop, same sum, same day of the month.
import type { Occurrence } from './calendar.ts';
import type { CardWorld } from './card-life.ts';
import type { Cardholder } from './cardholder.ts';
import { type Category, categoriesFor } from './categories.ts';
import { priceOf } from './price.ts';
import type { Purchase } from './purchase.ts';
import { createRandom, mixBits, mixUnit } from './random.ts';
import { dateOf, HOUR_MS } from './rhythm.ts';

const MOST_SUBSCRIPTIONS = 6;
const subscribed = categoriesFor('subscription');

/** How many a person has: drawn from the seed, stored nowhere. */
export function subscriptionCount(world: CardWorld, person: Cardholder): number {
  if (world.traits.domain === 'point-of-sale') return 0;
  return Math.floor(MOST_SUBSCRIPTIONS * mixUnit(person.seed, 61) ** 1.4);
}

/** Days of the month on which they fall due, ascending. */
function dueDays(person: Cardholder, count: number): number[] {
  return Array.from({ length: count }, (_, rank) => 1 + (mixBits(person.seed, 62, rank) % 28)).sort(
    (one, other) => one - other,
  );
}

function purchaseFor(world: CardWorld, person: Cardholder, rank: number): Purchase {
  const category = subscribed[mixBits(person.seed, 63, rank) % subscribed.length] as Category;
  const merchant = world.directory.favourite(person.seed, world.directory.web, category, rank);
  const own = createRandom(mixBits(person.seed, 64, rank));
  const euro =
    category.medianEuro * Math.exp(category.elasticity * person.level + category.sigma * own.normal());
  return {
    type: 'authorization',
    merchant,
    terminal: merchant.terminals[0] ?? {},
    amountMinor: priceOf(own, euro, category, merchant.place.country),
    entryMode: 'recurring',
    cardPresent: false,
    device: undefined,
    ipCountry: undefined,
    authentication: { cvv: 'not-provided', threeDSecure: 'not-performed' },
    response: world.random.chance(world.traits.declineShare * (1 + person.stress)) ? 'declined' : 'approved',
  };
}

/** The standing entry for all subscriptions of a person: happens at each due day in turn. */
export function createSubscriptions(
  world: CardWorld,
  person: Cardholder,
): { occurrence: Occurrence; firstAfter(startMs: number): number } {
  const days = dueDays(person, subscriptionCount(world, person));
  let rank = 0;
  let year = 0;
  let month = 0;
  const due = () =>
    Date.UTC(year, month, days[rank] ?? 1) +
    (mixUnit(person.seed, 65, rank) * 20 + world.random.uniform()) * HOUR_MS;
  const move = () => {
    rank += 1;
    if (rank < days.length) return due();
    rank = 0;
    month += 1;
    return due();
  };
  return {
    firstAfter: (startMs) => {
      if (days.length === 0) return Number.POSITIVE_INFINITY;
      ({ year, month } = dateOf(startMs));
      let first = due();
      while (first < startMs) first = move();
      return first;
    },
    occurrence: {
      happen: (timeMs) => {
        if (timeMs >= person.blockedUntilMs) world.pay(person, purchaseFor(world, person, rank), timeMs);
        return move();
      },
    },
  };
}
