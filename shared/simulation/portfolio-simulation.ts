// shared/simulation/portfolio-simulation.ts: one portfolio's world: people, merchants and stories on one calendar, told record by record.
import type { Transaction } from '../domain/transaction.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import {
  type CardWorld,
  createCardLife,
  createDeviceChanges,
  createSeason,
  createSprees,
  firstPayment,
} from './card-life.ts';
import { type Cardholder, createCardholder } from './cardholder.ts';
import { type CreditWorld, createCreditLife, firstStatement } from './credit-life.ts';
import type { FraudPhase } from './fraud-phases.ts';
import { createFraudRing } from './fraud-ring.ts';
import { createLaterLives } from './later-lives.ts';
import { createMerchantDirectory } from './merchants.ts';
import { createOutcomeDesk } from './outcomes.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import type { Purchase } from './purchase.ts';
import { createRandom, mixBits } from './random.ts';
import { DAY_MS } from './rhythm.ts';
import { GENUINE, type SimulatedRecord, type Truth } from './simulated-record.ts';
import { createSubscriptions } from './subscriptions.ts';
import { convert, createTransactionWriter } from './transaction-writer.ts';
import { createTravel } from './travel.ts';

/** A portfolio that can be told onward. */
export interface PortfolioSimulation {
  /** Time of the next record's occurrence; Infinity when nothing more happens. */
  readonly nextTimeMs: number;
  /** Lets one occurrence happen and appends what it tells to `records`. */
  advance(records: SimulatedRecord[]): void;
}

export interface PortfolioStart {
  readonly traits: PortfolioTraits;
  readonly idPrefix: string;
  readonly startMs: number;
  readonly appliedEvents: boolean;
  /** See SimulationOptions; in order of time. */
  readonly fraudPhases: readonly FraudPhase[];
  readonly reportDelayFactor: number;
}

/** Share of honest payments that an analyst looks at and clears, on ordinary days and on journeys or sprees. */
const ALERTED = 0.0004;
const ALERTED_OUT_OF_CHARACTER = 0.003;

/** The record being told to: `advance` puts the caller's array here. */
interface Teller {
  records: SimulatedRecord[];
}

function addStories(world: CreditWorld, person: Cardholder, start: PortfolioStart): void {
  const { random, traits, calendar } = world;
  const { startMs } = start;
  const soon = (perYear: number) => startMs + random.exponential((365 * DAY_MS) / perYear);
  const subscriptions = createSubscriptions(world, person);
  calendar.add(firstPayment(world, person, startMs), createCardLife(world, person));
  calendar.add(soon(traits.tripsPerYear), createTravel(world, person));
  calendar.add(soon(traits.spreesPerYear), createSprees(world, person));
  calendar.add(soon(traits.devicesPerYear), createDeviceChanges(world, person));
  calendar.add(subscriptions.firstAfter(startMs), subscriptions.occurrence);
  if (person.hasCredit && start.appliedEvents) {
    calendar.add(firstStatement(random, startMs), createCreditLife(world, person));
  }
}

/** Adds a payment to what the account owes. */
function charge(person: Cardholder, purchase: Purchase): void {
  if (!person.hasCredit || purchase.response === 'declined') return;
  person.balanceMinor += convert(purchase.amountMinor, purchase.merchant.place.country, person.home.country);
}

/** How payments become records: one place for genuine, fraudulent and applied ones. */
function createTelling(start: PortfolioStart, calendar: Calendar, teller: Teller) {
  const { traits } = start;
  const random = createRandom(mixBits(traits.seed, 42));
  const writer = createTransactionWriter(traits, start.idPrefix);
  const tell = (transaction: Transaction, truth: Truth) => {
    teller.records.push({ kind: 'transaction', transaction, truth });
    return transaction;
  };
  const tellApplied: CreditWorld['tellApplied'] = (person, timeMs, applied) =>
    tell(writer.writeApplied(person, timeMs, applied), GENUINE);
  const tellOutcome: CreditWorld['tellOutcome'] = (outcome) =>
    void teller.records.push({ kind: 'outcome', outcome });
  const liveOn = createLaterLives({ traits, random, calendar, tellApplied });

  function tellPurchase(person: Cardholder, purchase: Purchase, timeMs: number, truth: Truth): Transaction {
    const transaction = tell(writer.write(person, purchase, timeMs), truth);
    if (start.appliedEvents) liveOn(person, purchase, transaction, timeMs);
    return transaction;
  }
  return { tellPurchase, tellApplied, tellOutcome };
}

/** Builds the portfolio and files everyone's first occurrences. */
export function createPortfolioSimulation(start: PortfolioStart): PortfolioSimulation {
  const { traits } = start;
  const directory = createMerchantDirectory(traits);
  const calendar = createCalendar();
  const random = createRandom(mixBits(traits.seed, 41));
  const people = Array.from({ length: traits.cards }, (_, index) =>
    createCardholder(traits, directory, index),
  );
  const teller: Teller = { records: [] };
  const { tellPurchase, tellApplied, tellOutcome } = createTelling(start, calendar, teller);
  const market = { traits, directory, random, calendar };
  const desk = createOutcomeDesk(random, calendar, tellOutcome);
  const ring = createFraudRing({
    ...market,
    people,
    desk,
    startMs: start.startMs,
    phases: start.fraudPhases,
    reportDelayFactor: start.reportDelayFactor,
    steal: (person, purchase, timeMs, typology) => {
      if (typology.isFirstParty) charge(person, purchase);
      return tellPurchase(person, purchase, timeMs, { label: 'fraud', typology: typology.name });
    },
  });
  const pay: CardWorld['pay'] = (person, purchase, timeMs) => {
    const transaction = tellPurchase(person, purchase, timeMs, GENUINE);
    charge(person, purchase);
    const isOutOfCharacter = timeMs < person.tripUntilMs || timeMs < person.spreeUntilMs;
    const isAlerted = random.uniform() < (isOutOfCharacter ? ALERTED_OUT_OF_CHARACTER : ALERTED);
    if (isAlerted) desk.clear(transaction, timeMs);
    ring.tempt(timeMs);
  };
  const world: CreditWorld = {
    ...market,
    season: createSeason(traits.seasonStrength),
    pay,
    tellApplied,
    tellOutcome,
  };
  for (const person of people) addStories(world, person, start);
  return {
    get nextTimeMs() {
      return calendar.nextTimeMs;
    },
    advance: (records) => {
      teller.records = records;
      calendar.advance();
    },
  };
}
