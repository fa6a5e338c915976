// shared/archive/columns.ts: THE table of archived columns: name, type, and the SQL that makes each from a record's JSON.
//
// Columns are only ever added. A file without a later column reads as NULL there, a column that a reader does not know is
// left alone: old files and old readers both go on working (relation.ts).
import type { ArchiveKind } from './object-names.ts';

export interface ArchiveColumn {
  readonly name: string;
  /** DuckDB type; all of them exist in Parquet and Spark. */
  readonly type: 'VARCHAR' | 'BIGINT' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN' | 'BLOB';
  /** SQL over the record's fields. */
  readonly sql: string;
}

/** Fields of a spooled record and how JSON is read; what a record lacks is NULL. `_…` are put there by the spool. */
export const spoolFields = {
  rows: {
    _partition: 'INTEGER',
    _offset: 'BIGINT',
    portfolioId: 'VARCHAR',
    transactionId: 'VARCHAR',
    cardToken: 'VARCHAR',
    accountId: 'VARCHAR',
    merchantKey: 'VARCHAR',
    originalTransactionId: 'VARCHAR',
    replacesCardToken: 'VARCHAR',
    eventTime: 'VARCHAR',
    decided: 'BOOLEAN',
    inputOffset: 'VARCHAR',
    context: 'VARCHAR',
    features: 'VARCHAR',
    readings: 'VARCHAR',
    rawScore: 'DOUBLE',
    score: 'DOUBLE',
    tier: 'VARCHAR',
    contextDigest: 'VARCHAR',
    featureVersion: 'VARCHAR',
    encoderVersion: 'VARCHAR',
    modelVersion: 'VARCHAR',
    referenceDigest: 'VARCHAR',
  },
  outcomes: {
    _partition: 'INTEGER',
    _offset: 'BIGINT',
    _receivedAtMs: 'BIGINT',
    outcomeId: 'VARCHAR',
    evidenceId: 'VARCHAR',
    action: 'VARCHAR',
    kind: 'VARCHAR',
    portfolioId: 'VARCHAR',
    transactionId: 'VARCHAR',
    cardToken: 'VARCHAR',
    merchantKey: 'VARCHAR',
    accountId: 'VARCHAR',
    transactionTime: 'VARCHAR',
    label: 'VARCHAR',
    fraudType: 'VARCHAR',
    disputeReasonCode: 'VARCHAR',
    labeledAt: 'VARCHAR',
    source: 'VARCHAR',
    author: 'VARCHAR',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type SpoolName = keyof typeof spoolFields;

const column = (name: string, type: ArchiveColumn['type'], sql: string): ArchiveColumn => ({
  name,
  type,
  sql,
});
const text = (name: string, field: string): ArchiveColumn => column(name, 'VARCHAR', `"${field}"`);
const instant = (name: string, field: string): ArchiveColumn =>
  column(name, 'BIGINT', `epoch_ms(CAST("${field}" AS TIMESTAMPTZ))`);

/** A packed event is 48 bytes: 64 letters of base64, and a context is whole events. */
const ownEvent = column('event', 'BLOB', 'from_base64(right("context", 64))');

const identity: readonly ArchiveColumn[] = [
  text('portfolio_id', 'portfolioId'),
  text('transaction_id', 'transactionId'),
  text('card_token', 'cardToken'),
  text('account_id', 'accountId'),
  text('merchant_key', 'merchantKey'),
  instant('event_time_ms', 'eventTime'),
];
const position: readonly ArchiveColumn[] = [
  column('partition', 'INTEGER', '"_partition"'),
  column('offset', 'BIGINT', '"_offset"'),
];

export const archiveColumns: Readonly<Record<ArchiveKind, readonly ArchiveColumn[]>> = {
  /** Every decided or applied event, packed: what pretraining, adaptation and rebuild read. */
  events: [
    ...identity,
    text('original_transaction_id', 'originalTransactionId'),
    text('replaces_card_token', 'replacesCardToken'),
    column('decided', 'BOOLEAN', '"decided"'),
    text('input_offset', 'inputOffset'),
    ownEvent,
    ...position,
  ],
  /** Decided transactions as they were scored. Float32 columns are little-endian bytes. */
  'training-rows': [
    ...identity,
    ownEvent,
    column('features', 'BLOB', 'from_base64("features")'),
    column('readings', 'BLOB', 'from_base64("readings")'),
    column('context', 'BLOB', 'from_base64("context")'),
    column('raw_score', 'DOUBLE', '"rawScore"'),
    column('score', 'DOUBLE', '"score"'),
    text('tier', 'tier'),
    text('context_digest', 'contextDigest'),
    text('feature_version', 'featureVersion'),
    text('encoder_version', 'encoderVersion'),
    text('model_version', 'modelVersion'),
    text('reference_digest', 'referenceDigest'),
    ...position,
  ],
  outcomes: [
    text('portfolio_id', 'portfolioId'),
    text('transaction_id', 'transactionId'),
    text('card_token', 'cardToken'),
    text('merchant_key', 'merchantKey'),
    text('account_id', 'accountId'),
    instant('transaction_time_ms', 'transactionTime'),
    text('outcome_id', 'outcomeId'),
    text('evidence_id', 'evidenceId'),
    text('action', 'action'),
    text('kind', 'kind'),
    text('label', 'label'),
    text('fraud_type', 'fraudType'),
    text('dispute_reason_code', 'disputeReasonCode'),
    text('source', 'source'),
    text('author', 'author'),
    /** When the sender knew, and when we did. */
    instant('labeled_at_ms', 'labeledAt'),
    column('received_at_ms', 'BIGINT', '"_receivedAtMs"'),
    ...position,
  ],
};

/** Which spool a kind is made from, which of its records, and the instant that tells a row's day. */
export const kindSources: Readonly<
  Record<ArchiveKind, { readonly spool: SpoolName; readonly where: string; readonly dayOf: string }>
> = {
  events: { spool: 'rows', where: 'true', dayOf: 'event_time_ms' },
  'training-rows': { spool: 'rows', where: '"decided"', dayOf: 'event_time_ms' },
  outcomes: { spool: 'outcomes', where: 'true', dayOf: 'labeled_at_ms' },
};
