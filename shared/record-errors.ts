// shared/record-errors.ts: the part of the error catalogue that says what is wrong with a record, from a topic or from a caller.
import { type CatalogueEntry, entry } from './error-entry.ts';

export const recordErrors = {
  FRAUD_RECORD_EMPTY: entry(
    'data',
    'The record has no value.',
    'Send the transaction as JSON; tombstones are not transactions.',
  ),
  FRAUD_RECORD_TOO_LARGE: entry(
    'data',
    'The record is larger than a transaction can be.',
    'Send at most 64 kB per record.',
  ),
  FRAUD_RECORD_NOT_UTF8: entry('data', 'The record is not valid UTF-8.', 'Encode the JSON as UTF-8.'),
  FRAUD_RECORD_NOT_JSON: entry(
    'data',
    'The record is not a JSON object.',
    'Send one JSON object per record; see schemas/examples.',
  ),
  FRAUD_RECORD_TRUNCATED: entry(
    'data',
    'The record ends in the middle of its JSON.',
    'Send whole records; look for a size limit on the way here.',
  ),
  FRAUD_RECORD_TOO_DEEP: entry(
    'data',
    'The record is nested deeper than any transaction.',
    'Send the documented fields only.',
  ),
  FRAUD_RECORD_KEY_MISSING: entry('data', 'The record has no key.', 'Use the card token as the record key.'),
  FRAUD_RECORD_KEY_MISMATCH: entry(
    'data',
    'The record key is not the card token.',
    'Use the card token as the record key.',
  ),
  FRAUD_FIELD_INVALID: entry(
    'data',
    'A field has an invalid value.',
    'Correct the named field; see schemas/transaction.v1.json.',
  ),
  FRAUD_FIELD_FORBIDDEN: entry(
    'data',
    'A field has a name that no sender needs (__proto__).',
    'Remove the field and find out who put it there.',
  ),
  FRAUD_AMOUNT_INVALID: entry(
    'data',
    'The amount is not a whole number of minor units from 0 to 2^53 − 1.',
    'Send minor units (cents) as a JSON integer; money given back is a refund or reversal, not a negative amount.',
  ),
  FRAUD_CURRENCY_UNKNOWN: entry(
    'data',
    'The currency is not an ISO 4217 code.',
    'Send an active ISO 4217 currency code.',
  ),
  FRAUD_EVENT_TIME_IMPLAUSIBLE: entry(
    'data',
    'The event time is too far from the clock.',
    'Check the sender’s clock and time zone.',
  ),
  FRAUD_CARD_NUMBER_PRESENT: entry(
    'data',
    'A field holds a card number.',
    'Tokenize card numbers before sending; the record is masked in the dead letter.',
  ),
  FRAUD_CARD_ERASED: entry(
    'data',
    'The card was erased after this event.',
    'Nothing to do: what happened before an erasure stays out. Later events begin a new history.',
  ),
  FRAUD_TRANSACTION_CONFLICT: entry(
    'data',
    'The transaction id was used before with other content.',
    'Give each transaction an id of its own.',
  ),
  FRAUD_OUTCOME_QUOTA_EXCEEDED: entry(
    'data',
    'The source has sent more outcomes today than it may.',
    'Find out why the feed sends so many; raise its quota or wait for the next day (UTC).',
  ),
} as const satisfies Record<string, CatalogueEntry>;
