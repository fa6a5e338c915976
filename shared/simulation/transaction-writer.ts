// shared/simulation/transaction-writer.ts: a purchase → the transaction a portfolio's systems deliver: ids, billing, fields left out.
import type { Transaction } from '../domain/transaction.ts';
import type { Cardholder } from './cardholder.ts';
import type { Country } from './countries.ts';
import type { OptionalField, PortfolioTraits } from './portfolio-traits.ts';
import type { Purchase } from './purchase.ts';
import { createRandom, mixBits } from './random.ts';

/** Turns what people do into transactions with ids `p<seed>-<portfolio>-n<count>`. */
export interface TransactionWriter {
  write(person: Cardholder, purchase: Purchase, timeMs: number): Transaction;
  /** A later life of a transaction (clearing, refund, …) or an account event. */
  writeApplied(person: Cardholder, timeMs: number, applied: AppliedFields): Transaction;
}

export interface AppliedFields {
  readonly type: 'clearing' | 'reversal' | 'refund' | 'statement' | 'repayment';
  readonly amountMinor: number;
  readonly currency: string;
  readonly original?: Transaction | undefined;
  readonly monthsPastDue?: number | undefined;
}

/** What issuers charge for foreign currencies. */
const CONVERSION_FEE = 1.0175;

function billingOf(amountMinor: number, from: Country, to: Country): number {
  return Math.max(1, Math.round((amountMinor / from.minorPerEuro) * to.minorPerEuro * CONVERSION_FEE));
}

/** @param idPrefix unique per simulation and portfolio */
export function createTransactionWriter(traits: PortfolioTraits, idPrefix: string): TransactionWriter {
  const random = createRandom(mixBits(traits.seed, 31));
  const { fields, missingShare } = traits;
  let count = 0;

  const nextId = () => {
    count += 1;
    return `${idPrefix}n${count}`;
  };
  const has = (field: OptionalField) =>
    fields.has(field) && (missingShare === 0 || random.uniform() >= missingShare);

  function authenticationOf(purchase: Purchase): Transaction['authentication'] {
    const given = purchase.authentication;
    if (!given) return undefined;
    const { cvv, avs, threeDSecure, pin } = given;
    const kept = {
      ...(cvv && has('cvv') ? { cvv } : {}),
      ...(avs && has('avs') ? { avs } : {}),
      ...(threeDSecure && has('threeDSecure') ? { threeDSecure } : {}),
      ...(pin && has('pin') ? { pin } : {}),
    };
    return Object.keys(kept).length > 0 ? kept : undefined;
  }

  function write(person: Cardholder, purchase: Purchase, timeMs: number): Transaction {
    const { merchant, amountMinor } = purchase;
    const from = merchant.place.country;
    const home = person.home.country;
    const isConverted = from.currency !== home.currency && has('billing');
    const replaced = person.replaces;
    person.replaces = undefined;
    return {
      transactionId: nextId(),
      portfolioId: traits.portfolioId,
      type: purchase.type,
      originalTransactionId: undefined,
      eventTime: new Date(timeMs).toISOString(),
      cardToken: person.cardToken,
      accountId: fields.has('accountId') ? person.accountId : undefined,
      customerId: fields.has('customerId') ? person.customerId : undefined,
      amountMinor,
      currency: from.currency,
      billingAmountMinor: isConverted ? billingOf(amountMinor, from, home) : undefined,
      billingCurrency: isConverted ? home.currency : undefined,
      merchant: purchase.terminal,
      acquirerId: fields.has('acquirerId') ? merchant.acquirerId : undefined,
      entryMode: has('entryMode') ? purchase.entryMode : undefined,
      cardPresent: has('cardPresent') ? purchase.cardPresent : undefined,
      authentication: authenticationOf(purchase),
      authorizationResponse: has('authorizationResponse') ? purchase.response : undefined,
      deviceId: purchase.device && has('deviceId') ? purchase.device : undefined,
      ipCountry: purchase.ipCountry && has('ipCountry') ? purchase.ipCountry : undefined,
      replacesCardToken: replaced,
      monthsPastDue: undefined,
    };
  }

  function writeApplied(person: Cardholder, timeMs: number, applied: AppliedFields): Transaction {
    const { original } = applied;
    return {
      transactionId: nextId(),
      portfolioId: traits.portfolioId,
      type: applied.type,
      originalTransactionId: original?.transactionId,
      eventTime: new Date(timeMs).toISOString(),
      cardToken: original?.cardToken ?? person.cardToken,
      accountId: fields.has('accountId') ? person.accountId : undefined,
      customerId: fields.has('customerId') ? person.customerId : undefined,
      amountMinor: applied.amountMinor,
      currency: applied.currency,
      billingAmountMinor: undefined,
      billingCurrency: undefined,
      merchant: original?.merchant,
      acquirerId: original?.acquirerId,
      entryMode: original?.entryMode,
      cardPresent: original?.cardPresent,
      authentication: undefined,
      authorizationResponse: undefined,
      deviceId: undefined,
      ipCountry: undefined,
      replacesCardToken: undefined,
      monthsPastDue: applied.monthsPastDue,
    };
  }

  return { write, writeApplied };
}
