// schemas/topics.ts: THE table of topics: name, key, cleanup, retention, partitions, value schema; topics are created from it.

/** One topic as it is created and as it is documented. */
export interface TopicDefinition {
  readonly name: string;
  /** What the record key is; decides which records keep their order. */
  readonly key: 'card token' | 'alias' | 'original';
  readonly cleanup: 'delete' | 'compact';
  /** Records older than this may be deleted. Topics whose values or keys hold card tokens keep at most 7 days. */
  readonly retentionDays: number;
  readonly holdsCardTokens: boolean;
  readonly partitions: number;
  /** Largest record batch the broker takes, bytes. */
  readonly maxBatchBytes: number;
  /** File in schemas/ that describes the value; undefined where the value is somebody's refused bytes. */
  readonly schema: string | undefined;
  readonly writtenBy: string;
  readonly readBy: string;
}

const MEBIBYTE = 1_048_576;
/** Transactions and outcomes of one card must meet in one process: both topics have the same number of partitions. */
const CARD_PARTITIONS = 6;

const cardTopic = {
  key: 'card token',
  cleanup: 'delete',
  retentionDays: 7,
  holdsCardTokens: true,
  partitions: CARD_PARTITIONS,
  maxBatchBytes: 2 * MEBIBYTE,
} as const;

/** A refused record travels byte for byte plus its reason headers: a dead-letter topic takes more than its source. */
const deadLetterTopic = { ...cardTopic, key: 'original', partitions: 1, schema: undefined } as const;

export const topics = {
  transactions: {
    ...cardTopic,
    name: 'fraud.transactions.v1',
    schema: 'transaction.v1.json',
    writtenBy: 'producers',
    readBy: 'stream-scorer',
  },
  decisions: {
    ...cardTopic,
    name: 'fraud.decisions.v1',
    schema: 'decision.v1.json',
    writtenBy: 'stream-scorer',
    readBy: 'anyone',
  },
  alerts: {
    ...cardTopic,
    name: 'fraud.alerts.v1',
    schema: 'alert.v1.json',
    writtenBy: 'stream-scorer',
    readBy: 'fraud teams',
  },
  outcomes: {
    ...cardTopic,
    name: 'fraud.outcomes.v1',
    schema: 'outcome.v1.json',
    writtenBy: 'scoring-api, label feeds',
    readBy: 'stream-scorer, archiver',
  },
  trainingRows: {
    ...cardTopic,
    name: 'fraud.training-rows.v1',
    // A chunk of packed contexts (5 kB each) leaves as one batch.
    maxBatchBytes: 8 * MEBIBYTE,
    schema: 'training-row.v1.json',
    writtenBy: 'stream-scorer',
    readBy: 'archiver',
  },
  shadowScores: {
    ...cardTopic,
    name: 'fraud.shadow-scores.v1',
    schema: 'shadow-score.v1.json',
    writtenBy: 'stream-scorer',
    readBy: 'whoever compares challengers',
  },
  modelEvents: {
    name: 'fraud.model-events.v1',
    key: 'alias',
    cleanup: 'compact',
    retentionDays: 365,
    holdsCardTokens: false,
    partitions: 1,
    maxBatchBytes: MEBIBYTE,
    schema: 'model-event.v1.json',
    writtenBy: 'retrainer, fraudctl',
    readBy: 'stream-scorer, scoring-api',
  },
  transactionDeadLetters: {
    ...deadLetterTopic,
    name: 'fraud.transactions.v1.dead-letter',
    maxBatchBytes: 4 * MEBIBYTE,
    writtenBy: 'stream-scorer',
    readBy: 'operators, fraudctl dead-letters',
  },
  outcomeDeadLetters: {
    ...deadLetterTopic,
    name: 'fraud.outcomes.v1.dead-letter',
    maxBatchBytes: 4 * MEBIBYTE,
    writtenBy: 'stream-scorer',
    readBy: 'operators, fraudctl dead-letters',
  },
} as const satisfies Record<string, TopicDefinition>;

export type TopicTable = { readonly [Name in keyof typeof topics]: TopicDefinition };

/** The table under other names, so that tests and several installations can share one broker. `''` changes nothing. */
export function topicsWithPrefix(prefix: string): TopicTable {
  const renamed = Object.entries(topics).map(([role, topic]) => [
    role,
    { ...topic, name: prefix + topic.name },
  ]);
  return Object.fromEntries(renamed) as TopicTable;
}

/** Where records of `topicName` go that the service refuses. */
export function deadLetterTopicOf(topicName: string): string {
  return `${topicName}.dead-letter`;
}
