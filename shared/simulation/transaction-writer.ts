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
  readonly original?: Transaction;
  readonly monthsPastDue?: number;
}

/** What issuers charge for foreign currencies. */
const CONVERSION_FEE = 1.0175;

/** An amount of one country in the currency of another, fee included. */
export function convert(amountMinor: number, from: Country, to: Country): number {
  if (from.currency === to.currency) return amountMinor;
  return Math.max(1, Math.round((amountMinor / from.minorPerEuro) * to.minorPerEuro * CONVERSION_FEE));
}

/** Tells whether a field is delivered this time. */
type HasField = (field: OptionalField) => boolean;

function authenticationOf(purchase: Purchase, has: HasField): Transaction['authentication'] {
  const given = purchase.authentication;
  if (!given) return undefined;
  const { cvv, avs, threeDSecure, pin } = given;
  const kept: NonNullable<Transaction['authentication']> = {};
  if (cvv && has('cvv')) kept.cvv = cvv;
  if (avs && has('avs')) kept.avs = avs;
  if (threeDSecure && has('threeDSecure')) kept.threeDSecure = threeDSecure;
  if (pin && has('pin')) kept.pin = pin;
  const first = kept.cvv ?? kept.avs ?? kept.threeDSecure ?? kept.pin;
  return first === undefined ? undefined : kept;
}

function billingOf(person: Cardholder, purchase: Purchase, has: HasField) {
  const from = purchase.merchant.place.country;
  const home = person.home.country;
  if (from.currency === home.currency || !has('billing')) return undefined;
  return { amountMinor: convert(purchase.amountMinor, from, home), currency: home.currency };
}

function fromPurchase(purchase: Purchase, has: HasField) {
  return {
    acquirerId: has('acquirerId') ? purchase.merchant.acquirerId : undefined,
    entryMode: has('entryMode') ? purchase.entryMode : undefined,
    cardPresent: has('cardPresent') ? purchase.cardPresent : undefined,
    authorizationResponse: has('authorizationResponse') ? purchase.response : undefined,
    deviceId: purchase.device && has('deviceId') ? purchase.device : undefined,
    ipCountry: purchase.ipCountry && has('ipCountry') ? purchase.ipCountry : undefined,
  };
}

/** @param idPrefix unique per simulation and portfolio */
export function createTransactionWriter(traits: PortfolioTraits, idPrefix: string): TransactionWriter {
  const random = createRandom(mixBits(traits.seed, 31));
  const { fields, missingShare, portfolioId } = traits;
  const knowsAccount = fields.has('accountId');
  const knowsCustomer = fields.has('customerId');
  let count = 0;

  const has: HasField = (field) =>
    fields.has(field) && (missingShare === 0 || random.uniform() >= missingShare);

  function write(person: Cardholder, purchase: Purchase, timeMs: number): Transaction {
    count += 1;
    const replacesCardToken = person.replaces;
    person.replaces = undefined;
    const billing = billingOf(person, purchase, has);
    const said = fromPurchase(purchase, has);
    return {
      transactionId: `${idPrefix}n${count}`,
      portfolioId,
      type: purchase.type,
      originalTransactionId: undefined,
      eventTime: new Date(timeMs).toISOString(),
      cardToken: person.cardToken,
      accountId: knowsAccount ? person.accountId : undefined,
      customerId: knowsCustomer ? person.customerId : undefined,
      amountMinor: purchase.amountMinor,
      currency: purchase.merchant.place.country.currency,
      billingAmountMinor: billing?.amountMinor,
      billingCurrency: billing?.currency,
      merchant: purchase.terminal,
      acquirerId: said.acquirerId,
      entryMode: said.entryMode,
      cardPresent: said.cardPresent,
      authentication: authenticationOf(purchase, has),
      authorizationResponse: said.authorizationResponse,
      deviceId: said.deviceId,
      ipCountry: said.ipCountry,
      replacesCardToken,
    };
  }

  function writeApplied(person: Cardholder, timeMs: number, applied: AppliedFields): Transaction {
    const { original, monthsPastDue } = applied;
    count += 1;
    return {
      transactionId: `${idPrefix}n${count}`,
      portfolioId,
      type: applied.type,
      originalTransactionId: original?.transactionId,
      eventTime: new Date(timeMs).toISOString(),
      cardToken: original?.cardToken ?? person.cardToken,
      accountId: knowsAccount ? person.accountId : undefined,
      customerId: knowsCustomer ? person.customerId : undefined,
      amountMinor: applied.amountMinor,
      currency: applied.currency,
      merchant: original?.merchant,
      acquirerId: original?.acquirerId,
      entryMode: original?.entryMode,
      cardPresent: original?.cardPresent,
      ...(monthsPastDue === undefined ? {} : { monthsPastDue }),
    };
  }

  return { write, writeApplied };
}
