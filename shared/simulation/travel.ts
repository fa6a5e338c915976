// shared/simulation/travel.ts: journeys: booked weeks ahead, then days away where everything is unusual and nothing is fraud.
import type { Occurrence } from './calendar.ts';
import type { CardWorld } from './card-life.ts';
import type { Cardholder } from './cardholder.ts';
import { type Category, categoriesFor } from './categories.ts';
import type { Place } from './merchants.ts';
import { priceOf } from './price.ts';
import { drawEuro, onlinePurchase } from './purchase.ts';
import { DAY_MS, HOUR_MS } from './rhythm.ts';

const YEAR_MS = 365 * DAY_MS;
const bookable = categoriesFor('travel-booking');

function drawDestination(world: CardWorld, person: Cardholder): Place {
  const { random, directory } = world;
  if (random.chance(0.6))
    return directory.tripPlaces[random.integer(directory.tripPlaces.length)] ?? person.home;
  return directory.homePlaces[random.integer(directory.homePlaces.length)]?.place ?? person.home;
}

function book(world: CardWorld, person: Cardholder, timeMs: number): void {
  const { random, directory } = world;
  const category = bookable[random.integer(bookable.length)] as Category;
  const merchant = directory.pick(random, directory.web, category);
  const euro = drawEuro(random, person, merchant) * random.between(1, 3);
  const amountMinor = priceOf(random, euro, category, merchant.place.country);
  world.pay(person, onlinePurchase(world, person, { merchant, amountMinor, timeMs }), timeMs);
}

/** The standing entry: bookings, departure, and the pause until the next journey. */
export function createTravel(world: CardWorld, person: Cardholder): Occurrence {
  const { random, traits } = world;
  const pause = () => random.exponential(YEAR_MS / traits.tripsPerYear);
  const canBook = traits.domain !== 'point-of-sale';
  let bookingsLeft = -1;

  function depart(timeMs: number): number {
    bookingsLeft = -1;
    person.place = drawDestination(world, person);
    person.tripUntilMs = timeMs + random.between(2, 15) * DAY_MS;
    return person.tripUntilMs + pause();
  }

  return {
    happen: (timeMs) => {
      if (timeMs < person.blockedUntilMs) return timeMs + pause();
      if (!canBook || bookingsLeft === 0) return depart(timeMs);
      if (bookingsLeft < 0) bookingsLeft = 1 + random.integer(3);
      book(world, person, timeMs);
      bookingsLeft -= 1;
      return timeMs + (bookingsLeft > 0 ? random.exponential(20 * HOUR_MS) : random.between(3, 45) * DAY_MS);
    },
  };
}
