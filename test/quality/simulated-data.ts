// test/quality/simulated-data.ts: one simulated portfolio as labelled rows: training cards before a cut, other cards after it.
import type { Context } from '../../shared/domain/context.ts';
import { isDecided } from '../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import type { Domain } from '../../shared/simulation/portfolio-traits.ts';
import type { SimulatedTransaction } from '../../shared/simulation/simulated-record.ts';
import { createSimulation, drawTraits, type SimulationOptions } from '../../shared/simulation/simulation.ts';

const DAY_MS = 86_400_000;
const START_TIME = '2026-02-02T00:00:00.000Z';
/** First days only fill histories. */
const COLD_DAYS = 10;
/** One card in three is judged and never labelled. */
const CARD_PARTS = 3;
/** One genuine row in this many is kept, and stands for so many. Cards of the small budget keep all of theirs. */
const TRAINING_GENUINE_EVERY = 15;
const TEST_GENUINE_EVERY = 6;

export interface PortfolioSizes {
  readonly seed: number;
  /** Kind of traffic; `any` (default) draws one from the seed. */
  readonly domain?: Domain | 'any';
  readonly cards: number;
  readonly days: number;
  /** Last days: judged. */
  readonly testDays: number;
  readonly fraudRate: number;
  /** How often `share` of the training cards is drawn as the small budget. */
  readonly draws: number;
  readonly share: number;
}

export interface PortfolioRow {
  readonly context: Context;
  readonly card: string;
  readonly isFraud: boolean;
  /** Transactions that this row stands for. */
  readonly weight: number;
}

/** The rows to learn from and those to judge on: other cards, at a later time. */
export interface PortfolioData {
  readonly reference: PopulationReference;
  readonly domain: string;
  readonly training: readonly PortfolioRow[];
  readonly test: readonly PortfolioRow[];
  /** Labelled cards of each draw of the small budget. */
  readonly draws: readonly ReadonlySet<string>[];
  readonly trainingCards: number;
}

const hashOf = (card: string, salt: string): number => hashTransactionId(`${salt}|${card}`).idLow;

function optionsOf({ seed, domain = 'any', cards, days, fraudRate }: PortfolioSizes): SimulationOptions {
  return { seed, portfolios: 1, cards, days, startTime: START_TIME, domain, fraudRate };
}

interface Past {
  readonly reference: PopulationReference;
  readonly trainingCards: readonly string[];
  /** Those with a fraud that may become a row. */
  readonly fraudCards: ReadonlySet<string>;
}

/** What is usual before the cut, from all cards and no label; and the cards seen by then that may be labelled. */
function readPast(options: SimulationOptions, portfolioId: string, coldUntilMs: number, cutMs: number): Past {
  const builder = createReferenceBuilder(portfolioId);
  const cards = new Set<string>();
  const fraudCards = new Set<string>();
  for (const record of createSimulation(options)) {
    if (record.kind !== 'transaction') continue;
    const { transaction, truth } = record;
    const timeMs = Date.parse(transaction.eventTime);
    if (timeMs >= cutMs) break;
    builder.add(transaction);
    if (isTestCard(transaction.cardToken)) continue;
    cards.add(transaction.cardToken);
    if (truth.label === 'fraud' && isDecided(transaction) && timeMs >= coldUntilMs)
      fraudCards.add(transaction.cardToken);
  }
  return { reference: builder.build(), trainingCards: [...cards], fraudCards };
}

const isTestCard = (card: string): boolean => hashOf(card, 'part') % CARD_PARTS === 0;

/** The cards with the smallest salted hashes: drawn at random. */
function drawCards(cards: readonly string[], share: number, draw: number): Set<string> {
  const ranked = cards.map((card) => ({ card, rank: hashOf(card, `draw-${draw}`) }));
  ranked.sort((left, right) => left.rank - right.rank);
  return new Set(ranked.slice(0, Math.round(cards.length * share)).map(({ card }) => card));
}

/** Draws one after another; one without any fraud cannot fit a head and is passed over. */
function drawBudgets({ trainingCards, fraudCards }: Past, { draws, share }: PortfolioSizes): Set<string>[] {
  const budgets: Set<string>[] = [];
  for (let draw = 0; budgets.length < draws && fraudCards.size > 0; draw++) {
    const cards = drawCards(trainingCards, share, draw);
    if ([...cards].some((card) => fraudCards.has(card))) budgets.push(cards);
  }
  return budgets;
}

interface Window {
  readonly coldUntilMs: number;
  readonly cutMs: number;
  readonly isInBudget: (card: string) => boolean;
}

/** How many transactions the row stands for; 0 when it is no row. */
function weightOf({ transaction, truth }: SimulatedTransaction, window: Window): number {
  const timeMs = Date.parse(transaction.eventTime);
  if (!isDecided(transaction) || timeMs < window.coldUntilMs) return 0;
  const isTest = isTestCard(transaction.cardToken);
  if (isTest !== timeMs >= window.cutMs) return 0;
  if (truth.label === 'fraud' || window.isInBudget(transaction.cardToken)) return 1;
  const every = isTest ? TEST_GENUINE_EVERY : TRAINING_GENUINE_EVERY;
  return hashTransactionId(transaction.transactionId).idLow % every === 0 ? every : 0;
}

/**
 * Tells the portfolio twice: for the reference, then for rows. No label enters a history: labels thinned by card would otherwise
 * leak through merchants into the features, and the rows would differ from budget to budget.
 */
export function loadPortfolio(sizes: PortfolioSizes): PortfolioData {
  const options = optionsOf(sizes);
  const startMs = Date.parse(START_TIME);
  const cutMs = startMs + (sizes.days - sizes.testDays) * DAY_MS;
  const traits = drawTraits(options)[0];
  const coldUntilMs = startMs + COLD_DAYS * DAY_MS;
  const past = readPast(options, traits?.portfolioId ?? '', coldUntilMs, cutMs);
  const draws = drawBudgets(past, sizes);
  const isInBudget = (card: string) => draws.some((cards) => cards.has(card));
  const window = { coldUntilMs, cutMs, isInBudget };
  const replay = createReplay({ referenceOf: () => past.reference });
  const training: PortfolioRow[] = [];
  const test: PortfolioRow[] = [];
  for (const record of createSimulation(options)) {
    if (record.kind !== 'transaction') continue;
    const weight = weightOf(record, window);
    if (weight === 0) {
      replay.append(record.transaction);
      continue;
    }
    const { context, timeMs } = replay.push(record.transaction);
    const card = record.transaction.cardToken;
    const row = { context, card, isFraud: record.truth.label === 'fraud', weight };
    (timeMs < cutMs ? training : test).push(row);
  }
  const domain = traits?.domain ?? '';
  return {
    reference: past.reference,
    domain,
    training,
    test,
    draws,
    trainingCards: past.trainingCards.length,
  };
}
