// shared/simulation/simulated-record.ts: what the simulator yields: transactions with the truth beside them, and outcomes.
import type { Outcome } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';

/** What really happened. Travels beside a transaction, never in it. */
export interface Truth {
  readonly label: 'fraud' | 'genuine';
  /** Name of the typology (a file of ./typologies) when the label is `fraud`. */
  readonly typology?: string;
}

export interface SimulatedTransaction {
  readonly kind: 'transaction';
  readonly transaction: Transaction;
  readonly truth: Truth;
}

export interface SimulatedOutcome {
  readonly kind: 'outcome';
  readonly outcome: Outcome;
}

/** One record of the simulated world, in the order in which the world would tell it. */
export type SimulatedRecord = SimulatedTransaction | SimulatedOutcome;

export const GENUINE: Truth = { label: 'genuine' };
