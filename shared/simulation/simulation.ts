// shared/simulation/simulation.ts: READ FIRST: a seeded world of card portfolios, told as one stream in order of time.
import type { FraudPhase } from './fraud-phases.ts';
import { createPortfolioSimulation, type PortfolioSimulation } from './portfolio-simulation.ts';
import { type Domain, drawPortfolioTraits, type PortfolioTraits } from './portfolio-traits.ts';
import { mixBits } from './random.ts';
import { DAY_MS } from './rhythm.ts';
import type { SimulatedRecord } from './simulated-record.ts';

export interface SimulationOptions {
  /** Any 32-bit integer; the same seed and options give the same records, byte for byte. */
  readonly seed: number;
  /** How many portfolios, each with traits of its own. Default 1. */
  readonly portfolios?: number;
  /** Cards per portfolio. Default 1,000. */
  readonly cards?: number;
  /** Instant of the start, ISO 8601 with zone. Default 2025-01-01T00:00:00Z. */
  readonly startTime?: string;
  /** Days told; Infinity for a stream that never ends. Default 90. */
  readonly days?: number;
  /** Kind of traffic; `any` draws one per portfolio. Default `mixed`. */
  readonly domain?: Domain | 'any';
  /** Frauds per decided transaction; drawn per portfolio (.02 % … 1 %) when absent. */
  readonly fraudRate?: number;
  /** Clearings, refunds, reversals, statements, repayments. Default true. */
  readonly appliedEvents?: boolean;
  /** Which kinds of fraud act from which day on, in order of time; absent: all, always. */
  readonly fraudPhases?: readonly FraudPhase[];
  /** How long verdicts and fraud reports take against the usual days and weeks; chargebacks take their months. Default 1. */
  readonly reportDelayFactor?: number;
}

const DEFAULT_START = '2025-01-01T00:00:00.000Z';
const anyDomains: readonly Domain[] = ['mixed', 'mixed', 'card-not-present', 'point-of-sale'];

function domainOf(options: SimulationOptions, seed: number): Domain {
  const wanted = options.domain ?? 'mixed';
  return wanted === 'any' ? (anyDomains[seed % anyDomains.length] ?? 'mixed') : wanted;
}

/** Traits of every portfolio of a simulation, without telling anything. */
export function drawTraits(options: SimulationOptions): PortfolioTraits[] {
  return Array.from({ length: options.portfolios ?? 1 }, (_, index) => {
    const seed = mixBits(options.seed, index, 97);
    return drawPortfolioTraits({
      seed,
      portfolioId: `sim-${options.seed}-${index}`,
      cards: options.cards ?? 1000,
      domain: domainOf(options, seed),
      fraudRate: options.fraudRate,
    });
  });
}

function earliest(portfolios: readonly PortfolioSimulation[]): PortfolioSimulation | undefined {
  let first = portfolios[0];
  for (const portfolio of portfolios) {
    if (first && portfolio.nextTimeMs < first.nextTimeMs) first = portfolio;
  }
  return first;
}

/**
 * The world as a stream: transactions in order of event time, outcomes when they become known.
 * Memory stays constant per card, however long it runs. A longer run begins with the records of a shorter one, and one whose fraud
 * changes with those of one whose fraud stays, up to the first payment after the change.
 */
export function* createSimulation(options: SimulationOptions): Iterable<SimulatedRecord> {
  const startMs = Date.parse(options.startTime ?? DEFAULT_START);
  const endMs = startMs + (options.days ?? 90) * DAY_MS;
  const portfolios = drawTraits(options).map((traits, index) =>
    createPortfolioSimulation({
      traits,
      startMs,
      idPrefix: `p${options.seed}-${index}-`,
      appliedEvents: options.appliedEvents ?? true,
      fraudPhases: options.fraudPhases ?? [],
      reportDelayFactor: options.reportDelayFactor ?? 1,
    }),
  );
  const records: SimulatedRecord[] = [];
  for (;;) {
    const next = earliest(portfolios);
    if (!next || next.nextTimeMs >= endMs) return;
    records.length = 0;
    next.advance(records);
    for (const record of records) yield record;
  }
}
