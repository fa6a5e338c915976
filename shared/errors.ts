// shared/errors.ts: AppError and the one catalogue: code, sentence, what to do, retryable.
import { type CatalogueEntry, type ErrorKind, entry } from './error-entry.ts';
import { recordErrors } from './record-errors.ts';
import { requestErrors } from './request-errors.ts';
import { trainingErrors } from './training-errors.ts';

/** Every code the product can raise. docs: infra/runbooks/errors.md (a test holds the two together). */
export const errorCatalogue = {
  ...recordErrors,
  ...requestErrors,
  ...trainingErrors,
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
  FRAUD_DEMONSTRATION_RUNNING: entry(
    'fatal',
    'Another npm start uses this directory.',
    'Stop it with Ctrl-C, or give this one a directory of its own with FRAUD_HOME.',
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
  FRAUD_MODEL_GOLDEN_MISMATCH: entry(
    'fatal',
    'A model does not score its golden rows as it did when it was made.',
    'Compare provider and versions of this machine with the one that made it; do not serve it from here.',
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
  FRAUD_RULES_INVALID: entry(
    'fatal',
    'The rules file or one of its lists is invalid.',
    'Correct the lines named; `fraudctl rules check FILE` looks again. A running service keeps the rules it has.',
  ),
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
