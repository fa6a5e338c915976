// shared/rules/rule-facts.ts: what the expression of a rule can name: a transaction's fields under their own names, and features.
import type { Transaction } from '../domain/transaction.ts';
import { featureNames } from '../features/velocity.ts';

/** Fields that are text: absent is the empty text. `cardPresent` is `yes`, `no` or empty; `type`, which CEL keeps for itself, is `transactionType`. */
const texts = [
  'portfolioId',
  'eventTime',
  'cardToken',
  'accountId',
  'customerId',
  'currency',
  'billingCurrency',
  'acquirerId',
  'entryMode',
  'authorizationResponse',
  'deviceId',
  'ipCountry',
  'bin',
] as const;
/** Fields that are numbers: absent is −1. */
const numbers = ['amountMinor', 'billingAmountMinor'] as const;
const merchantTexts = ['id', 'terminalId', 'mcc', 'country', 'city', 'name'] as const;
const authenticationTexts = ['cvv', 'avs', 'threeDSecure', 'pin'] as const;

const ABSENT_TEXT = '';
const ABSENT_NUMBER = -1;

const allOf = <Name extends string, Type extends string>(names: readonly Name[], type: Type) =>
  Object.fromEntries(names.map((name) => [name, type]));

/** Type of every variable: a CEL type, or those of the fields below it. */
export const factTypes: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  ...allOf(texts, 'string'),
  ...allOf(numbers, 'double'),
  transactionType: 'string',
  cardPresent: 'string',
  merchant: allOf(merchantTexts, 'string'),
  authentication: allOf(authenticationTexts, 'string'),
  feature: allOf(featureNames, 'double'),
};

export type Facts = Readonly<Record<string, unknown>>;

/**
 * Facts of one transaction; the same object is filled again at every call, so it is good until the next one.
 * @param used names of the features that some rule reads: only these are filled in
 */
export function createFacts(
  used: ReadonlySet<string>,
): (transaction: Transaction, features: Float32Array) => Facts {
  const indexed = featureNames.flatMap((name, index) => (used.has(name) ? [{ name, index }] : []));
  const feature: Record<string, number> = Object.fromEntries(featureNames.map((name) => [name, 0]));
  const merchant: Record<string, unknown> = {};
  const authentication: Record<string, unknown> = {};
  const facts: Record<string, unknown> = { merchant, authentication, feature };
  return (transaction, features) => {
    fillTexts(facts, texts, transaction);
    for (const name of numbers) facts[name] = transaction[name] ?? ABSENT_NUMBER;
    facts.transactionType = transaction.type;
    facts.cardPresent = toYesOrNo(transaction.cardPresent);
    fillTexts(merchant, merchantTexts, transaction.merchant);
    fillTexts(authentication, authenticationTexts, transaction.authentication);
    for (const { name, index } of indexed) feature[name] = features[index] ?? 0;
    return facts;
  };
}

function fillTexts<Name extends string>(
  facts: Record<string, unknown>,
  names: readonly Name[],
  from: Readonly<Partial<Record<Name, string>>> | undefined,
): void {
  for (const name of names) facts[name] = from?.[name] ?? ABSENT_TEXT;
}

function toYesOrNo(value: boolean | undefined): string {
  if (value === undefined) return ABSENT_TEXT;
  return value ? 'yes' : 'no';
}
