// shared/edge/field-classes.ts: what every string field is for: card token, free text, id; read off the schemas.
import type { z } from 'zod';
import { outcomeSchema } from '../domain/outcome.ts';
import { authenticationSchema, merchantSchema, transactionSchema } from '../domain/transaction.ts';
import type { FieldClass } from './card-number.ts';
import { isObject } from './read-object.ts';

const cardFields = new Set(['cardToken', 'replacesCardToken']);
const idFields = new Set([
  'transactionId',
  'originalTransactionId',
  'portfolioId',
  'accountId',
  'customerId',
  'merchant.id',
  'merchant.terminalId',
  'acquirerId',
  'deviceId',
  'outcomeId',
  'evidenceId',
  'merchantKey',
]);

const transactionKeys = new Set(Object.keys(transactionSchema.shape));
const merchantKeys = new Set(Object.keys(merchantSchema.shape));
const authenticationKeys = new Set(Object.keys(authenticationSchema.shape));
const outcomeKeys = new Set(Object.keys(outcomeSchema.shape));

const below = (parent: string, object: z.ZodObject) =>
  Object.keys(object.shape).map((key) => `${parent}.${key}`);

function classify(paths: readonly string[], idClass: FieldClass): ReadonlyMap<string, FieldClass> {
  return new Map(
    paths.map((path) => [path, cardFields.has(path) ? 'card' : idFields.has(path) ? idClass : 'text']),
  );
}

/** Path → class of every field of a transaction. @param idClass how ids are looked at */
export function transactionClasses(idClass: FieldClass): ReadonlyMap<string, FieldClass> {
  const nested = [...below('merchant', merchantSchema), ...below('authentication', authenticationSchema)];
  return classify([...transactionKeys, ...nested], idClass);
}

/** Path → class of every field of an outcome. */
export function outcomeClasses(idClass: FieldClass): ReadonlyMap<string, FieldClass> {
  return classify([...outcomeKeys], idClass);
}

/** Number of fields no transaction has, merchant and authentication included. */
export function transactionUnknownFields(object: Readonly<Record<string, unknown>>): number {
  return (
    countOthers(object, transactionKeys) +
    countOthers(object.merchant, merchantKeys) +
    countOthers(object.authentication, authenticationKeys)
  );
}

/** Number of fields no outcome has. */
export function outcomeUnknownFields(object: Readonly<Record<string, unknown>>): number {
  return countOthers(object, outcomeKeys);
}

function countOthers(object: unknown, known: ReadonlySet<string>): number {
  if (!isObject(object)) return 0;
  let count = 0;
  for (const key in object) if (!known.has(key)) count++;
  return count;
}
