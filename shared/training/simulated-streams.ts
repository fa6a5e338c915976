// shared/training/simulated-streams.ts: unlabelled traffic of simulated portfolios for pretraining, and of others held out.
import { createReferenceBuilder } from '../features/build-reference.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import type { Domain } from '../simulation/portfolio-traits.ts';
import { createSimulation, drawTraits, type SimulationOptions } from '../simulation/simulation.ts';
import {
  createAccountCollector,
  createEventCollector,
  createPackedStreamBuilder,
  type PackedStream,
  type PackedStreamBuilder,
} from './packed-stream.ts';

export interface SimulatedSizes {
  readonly seed: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  /** Per portfolio. */
  readonly cards: number;
  readonly days: number;
  /** Kind of traffic; `any` draws one per portfolio. Default `any`. */
  readonly domain?: Domain | 'any';
  /**
   * Further portfolios of which only the accounts' statements and repayments are taken, over two years: a history of two or three
   * statements, as `days` give, says little of a credit life. Default 0.
   */
  readonly accountPortfolios?: number;
}

/** What is collected of all portfolios, training and held out. */
export interface PretrainingStreams {
  readonly training: PackedStream;
  readonly heldOut: PackedStream;
  /** Accounts' own histories: those for training are part of `training`, these are of other portfolios. */
  readonly heldOutAccounts?: PackedStream;
  readonly trainingAccounts?: Pick<PackedStream, 'eventCount' | 'cardCount'>;
}

/** Held-out portfolios have seeds this far from the training ones: none is in both. */
const HELD_OUT_OFFSET = 1_000_000;
/** Account portfolios have seeds of their own too. */
const ACCOUNT_OFFSET = 2_000_000;
/** One account portfolio in so many is held out. */
const HELD_OUT_ACCOUNTS_EVERY = 3;
const ACCOUNT_DAYS = 730;
/** Days of traffic that an account portfolio's reference is made from. */
const REFERENCE_DAYS = 60;
const START_TIME = '2025-01-06T00:00:00.000Z';

/** Reference of a portfolio from its own traffic, as one that starts with the product would have it. */
function buildReference(options: SimulationOptions): PopulationReference {
  const builder = createReferenceBuilder(drawTraits(options)[0]?.portfolioId ?? '');
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') builder.add(record.transaction);
  }
  return builder.build();
}

/** The portfolio is told twice, for the reference and for the events: cheaper than to hold it. */
function collectPortfolio(options: SimulationOptions, builder: PackedStreamBuilder): void {
  const reference = buildReference(options);
  const collect = createEventCollector(builder, () => reference);
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') collect(record.transaction);
  }
}

function collectAccounts(options: SimulationOptions, builder: PackedStreamBuilder): void {
  const reference = buildReference({ ...options, days: REFERENCE_DAYS });
  const collect = createAccountCollector(builder, () => reference);
  for (const record of createSimulation({ ...options, days: ACCOUNT_DAYS })) {
    if (record.kind === 'transaction') collect(record.transaction);
  }
}

/** @param onPortfolio told after each portfolio: how many of all are done */
export async function collectSimulated(
  sizes: SimulatedSizes,
  onPortfolio: (done: number, all: number) => void = () => {},
): Promise<PretrainingStreams> {
  const { seed, cards, days, domain = 'any', accountPortfolios = 0 } = sizes;
  const heldOutAccountPortfolios = Math.ceil(accountPortfolios / HELD_OUT_ACCOUNTS_EVERY);
  const all = sizes.portfolios + sizes.heldOutPortfolios + accountPortfolios + heldOutAccountPortfolios;
  let done = 0;
  type Collect = (options: SimulationOptions, builder: PackedStreamBuilder) => void;
  const collect = async (collectOne: Collect, from: number, count: number, builder: PackedStreamBuilder) => {
    for (let index = 0; index < count; index++) {
      collectOne({ seed: from + index, portfolios: 1, cards, days, startTime: START_TIME, domain }, builder);
      done += 1;
      onPortfolio(done, all);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const training = createPackedStreamBuilder();
  await collect(collectPortfolio, seed, sizes.portfolios, training);
  const ofCards = { events: training.eventCount, histories: training.historyCount };
  await collect(collectAccounts, seed + ACCOUNT_OFFSET, accountPortfolios, training);
  const heldOut = createPackedStreamBuilder();
  await collect(collectPortfolio, seed + HELD_OUT_OFFSET, sizes.heldOutPortfolios, heldOut);
  if (accountPortfolios === 0) return { training: training.build(), heldOut: heldOut.build() };
  const accounts = createPackedStreamBuilder();
  await collect(collectAccounts, seed + ACCOUNT_OFFSET + HELD_OUT_OFFSET, heldOutAccountPortfolios, accounts);
  return {
    training: training.build(),
    heldOut: heldOut.build(),
    heldOutAccounts: accounts.build(),
    trainingAccounts: {
      eventCount: training.eventCount - ofCards.events,
      cardCount: training.historyCount - ofCards.histories,
    },
  };
}
