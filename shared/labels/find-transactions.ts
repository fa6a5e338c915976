// shared/labels/find-transactions.ts: which card, time and merchant a transaction id belongs to, asked of those who remember.
import { z } from 'zod';
import type { StateStore } from '../sequence/state-store.ts';

/** What evidence needs of its transaction. */
export interface TransactionFacts {
  readonly cardToken: string;
  /** ISO 8601. */
  readonly transactionTime: string;
  readonly merchantKey?: string | undefined;
  readonly accountId?: string | undefined;
}

export interface TransactionName {
  readonly portfolioId: string;
  readonly transactionId: string;
}

/** Facts in the order of `names`; undefined for those nobody here remembers. */
export type FindTransactions = (
  names: readonly TransactionName[],
) => Promise<readonly (TransactionFacts | undefined)[]>;

const rememberedSchema = z.object({
  cardToken: z.string(),
  eventTime: z.string(),
  merchantKey: z.string().optional(),
  accountId: z.string().optional(),
});

/** The decision store: knows what was decided for as long as decisions are kept. */
export function findInDecisions(store: Pick<StateStore, 'findDecisions'>): FindTransactions {
  return async (names) => {
    const decisions = await store.findDecisions(
      names.map(({ portfolioId, transactionId }) => `${portfolioId}|${transactionId}`),
    );
    return decisions.map((decision) => {
      if (!decision) return undefined;
      const { eventTime, ...facts } = rememberedSchema.parse(
        JSON.parse(Buffer.from(decision.bytes).toString()),
      );
      return { ...facts, transactionTime: eventTime };
    });
  };
}

/** Asks one after the other, each only for what those before it did not know. */
export function findInTurn(finders: readonly FindTransactions[]): FindTransactions {
  return async (names) => {
    const found: (TransactionFacts | undefined)[] = names.map(() => undefined);
    for (const find of finders) {
      const open = names.flatMap((name, index) => (found[index] ? [] : [{ name, index }]));
      if (open.length === 0) break;
      const facts = await find(open.map(({ name }) => name));
      for (const [at, { index }] of open.entries()) found[index] = facts[at];
    }
    return found;
  };
}
