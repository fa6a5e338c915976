// shared/simulation/fraud-phases.ts: which kinds of fraud act when, and how often each begins: a portfolio's fraud may change on a day.
import type { PortfolioTraits } from './portfolio-traits.ts';
import { DAY_MS } from './rhythm.ts';
import { accountTakeover } from './typologies/account-takeover.ts';
import { bustOut } from './typologies/bust-out.ts';
import { cardTesting } from './typologies/card-testing.ts';
import { compromisedTerminal } from './typologies/compromised-terminal.ts';
import { friendlyFraud } from './typologies/friendly-fraud.ts';
import { muleTransfers } from './typologies/mule-transfers.ts';
import { stolenCard } from './typologies/stolen-card.ts';
import { storedCard } from './typologies/stored-card.ts';
import type { Typology } from './typologies/typology.ts';
import { walletTakeover } from './typologies/wallet-takeover.ts';

/** Every typology, in the order of the documentation. */
export const typologies: readonly Typology[] = [
  stolenCard,
  cardTesting,
  accountTakeover,
  compromisedTerminal,
  storedCard,
  bustOut,
  muleTransfers,
  friendlyFraud,
];

/** Kinds that came later: they act only where a phase names them, and no shipped model has seen them. */
export const laterTypologies: readonly Typology[] = [walletTakeover];

/** From this day of the simulation on, new frauds are of these kinds only; those under way are played to their end. */
export interface FraudPhase {
  /** Days since the start, fractions allowed. */
  readonly fromDay: number;
  /** Names of typologies (files of ./typologies); one that has no part in the portfolio's domain does not act. */
  readonly typologies: readonly string[];
  /** Fraud rate of the phase against the portfolio's. Default 1. */
  readonly rateFactor?: number;
}

/** What begins in a phase. */
export interface ActingFraud {
  readonly starts: readonly { readonly typology: Typology; readonly weight: number }[];
  /** Chance that an episode begins with a genuine payment; 0 when no kind acts. */
  readonly startsPerPayment: number;
}

function measureActing(traits: PortfolioTraits, phase: Omit<FraudPhase, 'fromDay'>): ActingFraud {
  const acting = [...typologies, ...laterTypologies]
    .filter(({ name }) => phase.typologies.includes(name))
    .map((typology) => ({
      typology,
      share: typology.shares[traits.domain] * traits.typologyTilt(typology.name),
    }))
    .filter(({ share }) => share > 0);
  const shareSum = acting.reduce((sum, { share }) => sum + share, 0);
  const starts = acting.map(({ typology, share }) => ({
    typology,
    weight: share / shareSum / typology.expectedTransactions,
  }));
  const rate = traits.fraudRate * (phase.rateFactor ?? 1);
  return { starts, startsPerPayment: rate * starts.reduce((sum, { weight }) => sum + weight, 0) };
}

/** Which frauds begin at an instant; before the first phase all kinds act. Instants may come in any order. */
export function createPhases(
  traits: PortfolioTraits,
  { startMs, phases }: { readonly startMs: number; readonly phases: readonly FraudPhase[] },
): (timeMs: number) => ActingFraud {
  const all = measureActing(traits, { typologies: typologies.map(({ name }) => name) });
  const later = phases.map((phase) => ({
    fromMs: startMs + phase.fromDay * DAY_MS,
    acting: measureActing(traits, phase),
  }));
  return (timeMs) => {
    let acting = all;
    for (const phase of later) if (timeMs >= phase.fromMs) acting = phase.acting;
    return acting;
  };
}
