// services/stream-scorer/topic-names.ts: the topics this process reads and writes, prefix included.
import { topics } from '../../schemas/topics.ts';

export interface TopicNames {
  readonly transactions: string;
  readonly outcomes: string;
  readonly decisions: string;
  readonly alerts: string;
  readonly trainingRows: string;
  readonly deadLetters: (inputTopic: string) => string;
  /** Largest batch the topic takes, bytes, with room for framing. */
  readonly maxBatchBytes: (topic: string) => number;
}

/** Share of a topic's batch limit that is filled: framing and headers need the rest. */
const FILLED_SHARE = 0.9;
const OTHER_BATCH_BYTES = 900_000;

/** @param prefix put before every name; tests use one of their own */
export function nameTopics(prefix: string): TopicNames {
  const named = (topic: { readonly name: string }) => `${prefix}${topic.name}`;
  const limits = new Map(
    Object.values(topics).map((topic) => [named(topic), topic.maxBatchBytes * FILLED_SHARE]),
  );
  return {
    transactions: named(topics.transactions),
    outcomes: named(topics.outcomes),
    decisions: named(topics.decisions),
    alerts: named(topics.alerts),
    trainingRows: named(topics.trainingRows),
    deadLetters: (inputTopic) => `${inputTopic}.dead-letter`,
    maxBatchBytes: (topic) => Math.floor(limits.get(topic) ?? OTHER_BATCH_BYTES),
  };
}
