// shared/kafka/topic-names.ts: the topics a scoring process reads and writes, prefix included.
import { deadLetterTopicOf, topicsWithPrefix } from '../../schemas/topics.ts';

export interface TopicNames {
  readonly transactions: string;
  readonly outcomes: string;
  readonly decisions: string;
  readonly alerts: string;
  readonly trainingRows: string;
  readonly shadowScores: string;
  readonly modelEvents: string;
  readonly deadLetters: (inputTopic: string) => string;
  /** Largest batch the topic takes, bytes, with room for framing. */
  readonly maxBatchBytes: (topic: string) => number;
}

/** Share of a topic's batch limit that is filled: framing and headers need the rest. */
const FILLED_SHARE = 0.9;
const OTHER_BATCH_BYTES = 900_000;

/** @param prefix put before every name; tests use one of their own */
export function nameTopics(prefix: string): TopicNames {
  const table = topicsWithPrefix(prefix);
  const limits = new Map(
    Object.values(table).map(({ name, maxBatchBytes }) => [name, maxBatchBytes * FILLED_SHARE]),
  );
  return {
    transactions: table.transactions.name,
    outcomes: table.outcomes.name,
    decisions: table.decisions.name,
    alerts: table.alerts.name,
    trainingRows: table.trainingRows.name,
    shadowScores: table.shadowScores.name,
    modelEvents: table.modelEvents.name,
    deadLetters: deadLetterTopicOf,
    maxBatchBytes: (topic) => Math.floor(limits.get(topic) ?? OTHER_BATCH_BYTES),
  };
}
