// test/support/broker.ts: what an integration test needs of Kafka: brokers, topics under random names, all removed afterwards.
import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { type TopicTable, topicsWithPrefix } from '../../schemas/topics.ts';
import { createTopics, openAdmin } from '../../shared/kafka/admin.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';

/** Every topic and group of a test starts with this: nothing else is ever deleted. */
const TEST_PREFIX = 'test-';

export interface TestTopics {
  readonly connection: KafkaConnection;
  /** For `FRAUD_KAFKA_BROKERS`. */
  readonly brokers: string;
  /** For `FRAUD_KAFKA_TOPIC_PREFIX`, and good as the start of a group id. */
  readonly prefix: string;
  readonly topics: TopicTable;
}

/** The suite's broker (vitest.config.ts starts it). Connections made from this are the test's to close. */
export function useBroker(): KafkaConnection {
  return { brokers: inject('kafkaBrokers').split(','), clientId: 'test' };
}

/**
 * All topics of the table under a random prefix; removed when the test has finished.
 * @param partitions partitions of the card topics
 */
export async function useTopics(partitions = 3): Promise<TestTopics> {
  const connection = useBroker();
  const prefix = `${TEST_PREFIX}${randomBytes(5).toString('hex')}-`;
  const topics = topicsWithPrefix(prefix);
  const names = Object.values(topics).map(({ name }) => name);
  await createTopics(connection, Object.values(topics), { partitions });
  onTestFinished(async () => {
    const admin = await openAdmin(connection);
    await admin.deleteTopics(names);
    await admin.close();
  });
  return { connection, brokers: connection.brokers.join(','), prefix, topics };
}
