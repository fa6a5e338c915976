// shared/simulation/portfolio-simulation.ts: one portfolio's world: people, merchants and stories on one calendar, told record by record.
import { type Calendar, createCalendar } from './calendar.ts';
import {
  type CardWorld,
  createCardLife,
  createDeviceChanges,
  createSeason,
  createSprees,
  createTravel,
  firstPayment,
} from './card-life.ts';
import { type Cardholder, createCardholder } from './cardholder.ts';
import { createFraudRing } from './fraud-ring.ts';
import { createMerchantDirectory } from './merchants.ts';
import { createOutcomeDesk } from './outcomes.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import { createRandom, mixBits } from './random.ts';
import { DAY_MS } from './rhythm.ts';
import { GENUINE, type SimulatedRecord } from './simulated-record.ts';
import { createTransactionWriter } from './transaction-writer.ts';

/** A portfolio that can be told onward. */
export interface PortfolioSimulation {
  readonly traits: PortfolioTraits;
  /** Time of the next record's occurrence; Infinity when nothing more happens. */
  readonly nextTimeMs: number;
  /** Lets one occurrence happen and appends what it tells to `records`. */
  advance(records: SimulatedRecord[]): void;
}

export interface PortfolioStart {
  readonly traits: PortfolioTraits;
  readonly idPrefix: string;
  readonly startMs: number;
}

/** Share of honest payments that an analyst looks at and clears, on ordinary days and on journeys or sprees. */
const ALERTED = 0.0004;
const ALERTED_OUT_OF_CHARACTER = 0.003;

function addStories(world: CardWorld, calendar: Calendar, person: Cardholder, startMs: number): void {
  const { random, traits } = world;
  const soon = (perYear: number) => startMs + random.exponential((365 * DAY_MS) / perYear);
  calendar.add(firstPayment(world, person, startMs), createCardLife(world, person));
  calendar.add(soon(traits.tripsPerYear), createTravel(world, person));
  calendar.add(soon(traits.spreesPerYear), createSprees(world, person));
  calendar.add(soon(traits.devicesPerYear), createDeviceChanges(world, person));
}

/** Builds the portfolio and files everyone's first occurrences. */
export function createPortfolioSimulation(start: PortfolioStart): PortfolioSimulation {
  const { traits, startMs } = start;
  const directory = createMerchantDirectory(traits);
  const calendar = createCalendar();
  const writer = createTransactionWriter(traits, start.idPrefix);
  const random = createRandom(mixBits(traits.seed, 41));
  const people = Array.from({ length: traits.cards }, (_, index) =>
    createCardholder(traits, directory, index),
  );
  let told: SimulatedRecord[] = [];
  const tell = (record: SimulatedRecord) => void told.push(record);
  const desk = createOutcomeDesk(random, calendar, tell);
  const ring = createFraudRing({
    traits,
    directory,
    calendar,
    random,
    people,
    desk,
    steal: (person, purchase, timeMs, typology) => {
      const transaction = writer.write(person, purchase, timeMs);
      tell({ kind: 'transaction', transaction, truth: { label: 'fraud', typology } });
      return transaction;
    },
  });
  const world: CardWorld = {
    traits,
    directory,
    calendar,
    random,
    season: createSeason(traits.seasonStrength),
    pay: (person, purchase, timeMs) => {
      const transaction = writer.write(person, purchase, timeMs);
      tell({ kind: 'transaction', transaction, truth: GENUINE });
      const isOutOfCharacter = timeMs < person.tripUntilMs || timeMs < person.spreeUntilMs;
      if (random.uniform() < (isOutOfCharacter ? ALERTED_OUT_OF_CHARACTER : ALERTED))
        desk.clear(transaction, timeMs);
      ring.tempt(timeMs);
    },
  };
  for (const person of people) addStories(world, calendar, person, startMs);
  return {
    traits,
    get nextTimeMs() {
      return calendar.nextTimeMs;
    },
    advance: (records) => {
      told = records;
      calendar.advance();
    },
  };
}
