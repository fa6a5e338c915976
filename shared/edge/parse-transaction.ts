// shared/edge/parse-transaction.ts: record bytes → Transaction, or a refusal that names the field and never echoes a value.
import { type Transaction, transactionSchema } from '../domain/transaction.ts';
import { AppError } from '../errors.ts';
import { isCurrency } from '../features/codes.ts';
import { defaultEdgeSettings, type EdgeSettings } from './edge-settings.ts';
import { transactionClasses, transactionUnknownFields } from './field-classes.ts';
import { checkTime, type InvalidRecord, parseRecord, refuseDataErrors } from './parse-record.ts';

export type ParseResult =
  | {
      readonly kind: 'ok';
      readonly transaction: Transaction;
      readonly eventTimeMs: number;
      readonly unknownFields: number;
      readonly idsLikeCardNumbers: number;
    }
  | InvalidRecord;

/** What a transaction is read with, from a record or from a request. */
export const transactionReader = {
  schema: transactionSchema,
  classes: transactionClasses('id'),
  strictClasses: transactionClasses('strict-id'),
  countUnknownFields: transactionUnknownFields,
};

/**
 * Parses one record of `fraud.transactions.v1`. Never throws for what a sender can do.
 * @param value record value; null is a tombstone
 * @param key record key, which must be the card token
 * @param nowMs the clock, milliseconds since the epoch: event times are judged against it
 */
export function parseTransaction(
  value: Uint8Array | null,
  key: Uint8Array | null,
  nowMs: number,
  settings: EdgeSettings = defaultEdgeSettings,
): ParseResult {
  const record = { value, key };
  return refuseDataErrors(record, () => {
    const { value: transaction, ...counts } = parseRecord(record, transactionReader, settings);
    return {
      kind: 'ok',
      transaction,
      eventTimeMs: judgeTransaction(transaction, nowMs, settings),
      ...counts,
    };
  });
}

/**
 * What the schema cannot say of a transaction: currencies that exist, a plausible time.
 * @returns its event time, ms
 * @throws AppError FRAUD_CURRENCY_UNKNOWN, FRAUD_EVENT_TIME_IMPLAUSIBLE
 */
export function judgeTransaction(transaction: Transaction, nowMs: number, settings: EdgeSettings): number {
  checkCurrencies(transaction);
  const eventTimeMs = Date.parse(transaction.eventTime);
  checkTime('eventTime', eventTimeMs, { nowMs, ...settings });
  return eventTimeMs;
}

/** @throws AppError FRAUD_CURRENCY_UNKNOWN */
export function checkCurrencies(transaction: Transaction): void {
  if (!isCurrency(transaction.currency)) throw new AppError('FRAUD_CURRENCY_UNKNOWN', { field: 'currency' });
  if (transaction.billingCurrency !== undefined && !isCurrency(transaction.billingCurrency))
    throw new AppError('FRAUD_CURRENCY_UNKNOWN', { field: 'billingCurrency' });
}
