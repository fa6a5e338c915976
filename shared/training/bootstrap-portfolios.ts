// shared/training/bootstrap-portfolios.ts: the simulated portfolios a first champion is made from, and their population references.
import { createReferenceBuilder } from '../features/build-reference.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import type { SimulatedRecord } from '../simulation/simulated-record.ts';
import { createSimulation, drawTraits, type SimulationOptions } from '../simulation/simulation.ts';

export const DAY_MS = 86_400_000;

/** Sizes of a bootstrap. */
export interface BootstrapSizes {
  readonly seed: number;
  readonly trainingPortfolios: number;
  readonly heldOutPortfolios: number;
  readonly cards: number;
  readonly days: number;
  /** Population references are made from these first days. */
  readonly warmUpDays: number;
  /** The very first days give no rows. Few, because a scorer that starts without history must live with new cards too. */
  readonly coldDays: number;
  /** Last days of the training portfolios: calibration and thresholds. */
  readonly calibrationDays: number;
  /** One genuine transaction in this many becomes a row. */
  readonly genuineEvery: number;
}

export const defaultSizes: BootstrapSizes = {
  seed: 7_001,
  trainingPortfolios: 20,
  heldOutPortfolios: 6,
  cards: 350,
  days: 70,
  warmUpDays: 25,
  coldDays: 2,
  calibrationDays: 15,
  genuineEvery: 12,
};

/** Seeds of held-out portfolios lie this far from the training ones: no portfolio is in both. */
const HELD_OUT_OFFSET = 500_000;
const START_TIME = '2025-01-06T00:00:00.000Z';
/** Frauds per decided transaction. The same everywhere: were it not, a head would learn to tell portfolios apart instead of frauds. */
const FRAUD_RATE = 0.006;

/** One simulated portfolio, tellable any number of times. */
export interface BootstrapPortfolio {
  readonly portfolioId: string;
  stream(): Iterable<SimulatedRecord>;
  readonly startMs: number;
}

function createPortfolio(sizes: BootstrapSizes, seed: number): BootstrapPortfolio {
  const options: SimulationOptions = {
    seed,
    portfolios: 1,
    cards: sizes.cards,
    days: sizes.days,
    startTime: START_TIME,
    domain: 'any',
    fraudRate: FRAUD_RATE,
  };
  const portfolioId = drawTraits(options)[0]?.portfolioId ?? '';
  return { portfolioId, stream: () => createSimulation(options), startMs: Date.parse(START_TIME) };
}

/** Training portfolios. */
export function createTrainingPortfolios(sizes: BootstrapSizes): BootstrapPortfolio[] {
  return Array.from({ length: sizes.trainingPortfolios }, (_, index) =>
    createPortfolio(sizes, sizes.seed + index),
  );
}

/** Portfolios of other seeds, for judging only. */
export function createHeldOutPortfolios(sizes: BootstrapSizes): BootstrapPortfolio[] {
  return Array.from({ length: sizes.heldOutPortfolios }, (_, index) =>
    createPortfolio(sizes, sizes.seed + HELD_OUT_OFFSET + index),
  );
}

/** Transactions of the first days, without any label: what a reference may be made from. */
export function* pastTransactions(portfolio: BootstrapPortfolio, days: number) {
  const untilMs = portfolio.startMs + days * DAY_MS;
  for (const record of portfolio.stream()) {
    if (record.kind !== 'transaction') continue;
    if (Date.parse(record.transaction.eventTime) >= untilMs) return;
    yield record.transaction;
  }
}

/** Reference of one portfolio, or (several) the mixed one, from the warm-up days. Tails are filled later. */
export function measureReference(
  portfolioId: string,
  portfolios: readonly BootstrapPortfolio[],
  days: number,
): PopulationReference {
  const builder = createReferenceBuilder(portfolioId);
  for (const portfolio of portfolios) {
    for (const transaction of pastTransactions(portfolio, days)) builder.add(transaction);
  }
  return builder.build();
}
