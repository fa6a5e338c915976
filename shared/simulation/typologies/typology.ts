// shared/simulation/typologies/typology.ts: what a fraud typology is: how it chooses victims and acts step by step over time.
import type { Outcome } from '../../domain/outcome.ts';
import type { Cardholder } from '../cardholder.ts';
import type { Domain } from '../portfolio-traits.ts';
import type { Market, Purchase } from '../purchase.ts';

/** Where and when a fraud is set up. */
export interface FraudScene extends Market {
  readonly people: readonly Cardholder[];
  readonly timeMs: number;
}

/** One act: wait, then pay. */
export interface FraudStep {
  readonly afterMs: number;
  pay(timeMs: number): Purchase;
}

/** What happens to one card. */
export interface FraudEpisode {
  readonly person: Cardholder;
  readonly startsAfterMs: number;
  readonly steps: Iterator<FraudStep>;
}

/** A kind of fraud as an analyst would name it. */
export interface Typology {
  readonly name: string;
  readonly fraudType: NonNullable<Outcome['fraudType']>;
  /** Usual share of a portfolio's fraud transactions, by domain (relative). */
  readonly shares: Readonly<Record<Domain, number>>;
  /** Mean number of transactions one `begin` leads to: sets how often it begins. Measured, see test/quality. */
  readonly expectedTransactions: number;
  /** Chance, at each step, that the issuer blocks the card at once. */
  readonly caughtPerStep: number;
  /** Chance that it is never reported by anyone. */
  readonly neverKnownShare: number;
  /** The cardholder is the one who acts: no new card is issued because of it. */
  readonly isFirstParty: boolean;
  /** Ends with an account nobody pays for. */
  readonly abandonsAccount?: boolean;
  begin(scene: FraudScene): FraudEpisode[];
}
