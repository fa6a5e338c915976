// shared/simulation/fraud-ring.ts: sets frauds going at the portfolio's rate and plays each episode until it ends or the card is blocked.
import type { Transaction } from '../domain/transaction.ts';
import type { Calendar, Occurrence } from './calendar.ts';
import { type Cardholder, cardTokenOf } from './cardholder.ts';
import { createPhases, type FraudPhase } from './fraud-phases.ts';
import { type Disclosure, drawDisclosure, firstKnownAt, type OutcomeDesk } from './outcomes.ts';
import type { Market, Purchase } from './purchase.ts';
import { pickWeighted } from './random.ts';
import { DAY_MS } from './rhythm.ts';
import type { FraudEpisode, Typology } from './typologies/typology.ts';

/** Stress of an account whose owner is gone for good. */
const ABANDONED = 3;

/** What fraud needs from the world. */
export interface FraudWorld extends Market {
  readonly people: readonly Cardholder[];
  readonly calendar: Calendar;
  readonly desk: OutcomeDesk;
  readonly startMs: number;
  readonly phases: readonly FraudPhase[];
  readonly reportDelayFactor: number;
  /** Tells a fraud transaction and returns it. */
  steal(person: Cardholder, purchase: Purchase, timeMs: number, typology: Typology): Transaction;
}

/** Starts frauds. */
export interface FraudRing {
  /** Called at every genuine decided payment: keeps the rate of fraud at that of the portfolio. */
  tempt(timeMs: number): void;
}

/** The card is closed at `timeMs`; a new one, with a new token, arrives some days later. */
function replaceCard(world: FraudWorld, person: Cardholder, timeMs: number): void {
  person.replaces = person.cardToken;
  person.cardGeneration += 1;
  person.cardToken = cardTokenOf(world.traits.seed, person.index, person.cardGeneration);
  person.blockedUntilMs = timeMs + world.random.between(1, 6) * DAY_MS;
}

/** Nothing more is bought, nothing is paid back. */
function abandonAccount(person: Cardholder): void {
  person.blockedUntilMs = Number.POSITIVE_INFINITY;
  person.stress = ABANDONED;
}

function createEpisode(world: FraudWorld, typology: Typology, episode: FraudEpisode): Occurrence {
  const { random, calendar, desk } = world;
  const { person, steps } = episode;
  const generation = person.cardGeneration;
  let disclosure: Disclosure | undefined;
  let step = steps.next();

  const isOver = (timeMs: number) =>
    step.done || person.cardGeneration !== generation || timeMs < person.blockedUntilMs;
  const block = (timeMs: number) => {
    if (person.cardGeneration !== generation) return;
    if (typology.abandonsAccount) abandonAccount(person);
    else if (!typology.isFirstParty) replaceCard(world, person, timeMs);
  };
  const start = (timeMs: number): Disclosure => {
    const drawn = drawDisclosure(random, typology, timeMs, world.reportDelayFactor);
    calendar.once(firstKnownAt(drawn), block);
    return drawn;
  };

  return {
    happen: (timeMs) => {
      if (isOver(timeMs) || step.done) return Infinity;
      const transaction = world.steal(person, step.value.pay(timeMs), timeMs, typology);
      disclosure ??= start(timeMs);
      desk.disclose(transaction, typology.fraudType, disclosure, timeMs);
      if (random.chance(typology.caughtPerStep)) block(timeMs);
      step = steps.next();
      return step.done ? Infinity : timeMs + step.value.afterMs;
    },
  };
}

/** @param world the portfolio; its fraud rate is kept by starting episodes in proportion to genuine payments */
export function createFraudRing(world: FraudWorld): FraudRing {
  const { traits, random } = world;
  const phaseAt = createPhases(traits, world);

  return {
    tempt: (timeMs) => {
      const { starts, startsPerPayment } = phaseAt(timeMs);
      if (random.uniform() >= startsPerPayment) return;
      const typology = pickWeighted(random, starts, ({ weight }) => weight)?.typology;
      if (!typology) return;
      for (const episode of typology.begin({ ...world, timeMs })) {
        world.calendar.add(timeMs + episode.startsAfterMs, createEpisode(world, typology, episode));
      }
    },
  };
}
