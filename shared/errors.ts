// shared/errors.ts: AppError and the one catalogue: code, sentence, what to do, retryable.
import { type CatalogueEntry, type ErrorKind, entry } from './error-entry.ts';
import { requestErrors } from './request-errors.ts';

/** Every code the product can raise. docs: infra/runbooks/errors.md (a test holds the two together). */
export const errorCatalogue = {
  ...requestErrors,
  // Records
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
  // Dependencies
  FRAUD_BROKER_UNAVAILABLE: entry(
    'dependency',
    'The Kafka broker cannot be reached.',
    'Check FRAUD_KAFKA_BROKERS and the broker’s log.',
  ),
  FRAUD_SCORER_ENDED: entry(
    'fatal',
    'The stream-scorer ended by itself.',
    'Read the end of its log for the cause.',
  ),
  FRAUD_CONSUMER_STALLED: entry(
    'fatal',
    'The consumer is behind and makes no progress.',
    'The process ends and is restarted; if it happens again look at the broker, the disk and the encoder.',
  ),
  FRAUD_STORE_UNAVAILABLE: entry(
    'dependency',
    'The state store does not answer.',
    'Check disk space and permissions of the state directory.',
  ),
  FRAUD_STORE_CONFLICT: entry(
    'dependency',
    'The state changed while this chunk was evaluated.',
    'Nothing to do: the chunk is read again and the stored decisions are emitted. When it lasts, look for two consumers of one partition.',
  ),
  FRAUD_STATE_BEHIND: entry(
    'fatal',
    'The state store lacks records that the consumer group has consumed: it was lost, or the partition comes from a member with another store.',
    'Stop the scorers of the group, run `fraudctl state rebuild` into an empty FRAUD_STATE_DIRECTORY, start again. FRAUD_STATE_GAP=accept goes on without those histories.',
  ),
  FRAUD_ARCHIVE_UNAVAILABLE: entry(
    'dependency',
    'The archive cannot be read or written.',
    'Check disk space, or the object store’s address, credentials and bucket.',
  ),
  FRAUD_ARCHIVE_MISSING: entry(
    'fatal',
    'A file of the archive is not there, or is not what it should be.',
    'It was removed or changed since it was listed: run again; when it stays, restore it from a copy.',
  ),
  FRAUD_ENCODER_OVERLOADED: entry(
    'dependency',
    'The encoder queue is full.',
    'Wait and retry; add replicas or partitions when it lasts.',
  ),
  FRAUD_ENCODER_FAILED: entry(
    'dependency',
    'The encoder failed on a batch.',
    'See the cause; the lower tier answers meanwhile.',
  ),
  // Model and set-up
  FRAUD_PROVIDER_UNAVAILABLE: entry(
    'fatal',
    'The requested execution provider cannot be loaded.',
    'Run `fraudctl doctor`, then `npm run setup:gpu`, or set FRAUD_ENCODER_PROVIDER=auto.',
  ),
  FRAUD_MODEL_HASH_MISMATCH: entry(
    'fatal',
    'A model file differs from its manifest.',
    'Register the model again; do not edit files of a version.',
  ),
  FRAUD_MODEL_INVALID: entry(
    'fatal',
    'A model’s inputs, outputs or versions do not fit this scorer.',
    'Use a model made for this version.',
  ),
  FRAUD_MODEL_NOT_FOUND: entry(
    'usage',
    'There is no such model version or alias.',
    'List them with `fraudctl models list`.',
  ),
  FRAUD_MODEL_EXISTS: entry(
    'usage',
    'A version of that name with other content is registered.',
    'Give the version another name; versions never change.',
  ),
  FRAUD_ALIAS_CONFLICT: entry(
    'usage',
    'The alias was moved by someone else meanwhile.',
    'Look again with `fraudctl models list`, then repeat.',
  ),
  FRAUD_CONFIG_INVALID: entry('fatal', 'Settings are invalid.', 'Correct every setting named.'),
  FRAUD_PREREQUISITE_MISSING: entry(
    'usage',
    'Something this command needs is not installed.',
    'Run the commands named.',
  ),
  FRAUD_INPUT_INVALID: entry(
    'usage',
    'An argument or input file is invalid.',
    'Correct what is named; see --help.',
  ),
  FRAUD_EVALUATION_IMPOSSIBLE: entry(
    'usage',
    'These rows cannot be judged.',
    'Judge rows of both labels with finite scores; widen the window when no fraud is in it.',
  ),
  FRAUD_TRAINING_NO_ROWS: entry(
    'fatal',
    'There are no scored rows to train on.',
    'Look whether the archiver runs, and whether rows were scored by the champion’s encoder in these windows.',
  ),
  FRAUD_TRAINING_NO_LABELS: entry(
    'fatal',
    'Nothing is known about any of the rows: no evidence has come back.',
    'Look at the feeds of chargebacks, reports and verdicts.',
  ),
  FRAUD_TRAINING_NO_FRAUD: entry(
    'fatal',
    'A window holds no fraud.',
    'Make the window longer, or look whether outcomes still arrive.',
  ),
  FRAUD_TRAINING_ALL_FRAUD: entry(
    'fatal',
    'A window holds nothing but fraud.',
    'Look at the outcomes: a feed calls everything fraud, or genuine rows are not archived.',
  ),
  FRAUD_TRAINING_ONE_LABEL: entry(
    'fatal',
    'A single label is known: nothing can be learnt from one.',
    'Wait for more outcomes, or look at their feeds.',
  ),
  FRAUD_TRAINING_SET_FUTURE: entry(
    'fatal',
    'A training set would hold a label from after its cut.',
    'Move the cut, or the window; never train on what was not known yet.',
  ),
  FRAUD_TRAINING_DIVERGED: entry(
    'fatal',
    'Training produced a number that is not finite.',
    'Lower the learning rate or look at the data report.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Facts needed to understand and recover; never card data, never the offending value of a record. */
export interface ErrorDetails {
  /** Path of the field, e.g. `merchant.mcc`. */
  readonly field?: string;
  /** What was expected and what came, in words without the value. */
  readonly detail?: string;
  readonly cause?: unknown;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** The only error this product throws on purpose. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly whatToDo: string;
  readonly field: string | undefined;
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const { sentence, whatToDo, kind } = errorCatalogue[code];
    const where = details.field ? ` (${details.field})` : '';
    super(`${sentence}${where}${details.detail ? ` ${details.detail}` : ''}`, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.kind = kind;
    this.whatToDo = whatToDo;
    this.field = details.field;
    this.facts = details.facts ?? {};
  }

  get retryable(): boolean {
    return this.kind === 'dependency';
  }
}
