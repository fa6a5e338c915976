// shared/kafka/admin.ts: topics made from the table, their ends, a group's offsets, and whether a broker really takes records.
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { TopicDefinition } from '../../schemas/topics.ts';
import { AppError } from '../errors.ts';
import { createKafkaClient, type KafkaConnection } from './connection.ts';

/** First offset still there and the offset the next record will get. */
export interface PartitionEnds {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

export interface CreateTopicsOptions {
  /** Overrides the table's partitions, except where the table says 1. */
  readonly partitions?: number;
  /** Default 1: one local broker. */
  readonly replicationFactor?: number;
}

export interface KafkaAdmin {
  /** Creates what is missing; existing topics stay as they are. Returns the names created. */
  createTopics(table: Iterable<TopicDefinition>, options?: CreateTopicsOptions): Promise<string[]>;
  listTopics(): Promise<string[]>;
  /** @throws AppError FRAUD_INPUT_INVALID when the topic does not exist, FRAUD_BROKER_UNAVAILABLE when no broker tells */
  readEnds(topic: string): Promise<PartitionEnds[]>;
  /**
   * Committed offset per partition; undefined where the group never committed.
   * @throws AppError FRAUD_BROKER_UNAVAILABLE when no broker tells
   */
  readCommitted(groupId: string, topic: string): Promise<Map<number, bigint | undefined>>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** The group's members must be gone. */
  deleteGroup(groupId: string): Promise<void>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;

function toTopicConfig(topic: TopicDefinition, { partitions, replicationFactor = 1 }: CreateTopicsOptions) {
  const configEntries = [
    { name: 'cleanup.policy', value: topic.cleanup },
    { name: 'max.message.bytes', value: String(topic.maxBatchBytes) },
    ...(topic.cleanup === 'delete'
      ? [
          { name: 'retention.ms', value: String(topic.retentionDays * 24 * HOUR_MS) },
          // Segments roll every hour: retention deletes whole segments, and 7 days must not become 14.
          { name: 'segment.ms', value: String(HOUR_MS) },
        ]
      : []),
  ];
  const numPartitions = topic.partitions === 1 ? 1 : (partitions ?? topic.partitions);
  return { topic: topic.name, numPartitions, replicationFactor, configEntries };
}

async function createMissing(admin: Admin, table: Iterable<TopicDefinition>, options: CreateTopicsOptions) {
  const existing = new Set(await admin.listTopics());
  const missing = [...table].filter((topic) => !existing.has(topic.name));
  if (missing.length > 0) {
    await admin.createTopics({
      topics: missing.map((topic) => toTopicConfig(topic, options)),
      waitForLeaders: false,
      timeout: 15_000,
    });
    // kafkajs' own waiting gives up when the new topic is not known yet.
    const names = missing.map((topic) => topic.name);
    await askAgain(
      () => admin.fetchTopicMetadata({ topics: names }),
      async () => true,
    );
  }
  return missing.map((topic) => topic.name);
}

/**
 * A connected admin client. Close it.
 * @throws AppError FRAUD_BROKER_UNAVAILABLE when no broker answers
 */
export async function openAdmin(connection: KafkaConnection): Promise<KafkaAdmin> {
  const admin = createKafkaClient(connection).admin();
  await admin.connect().catch((cause: unknown) => {
    throw new AppError('FRAUD_BROKER_UNAVAILABLE', {
      cause,
      facts: { brokers: connection.brokers.join(',') },
    });
  });
  return {
    createTopics: (table, options = {}) => createMissing(admin, table, options),
    listTopics: () => admin.listTopics(),
    readEnds: (topic) => readEnds(admin, topic),
    readCommitted: (groupId, topic) => readCommitted(admin, groupId, topic),
    deleteTopics: async (names) => {
      if (names.length > 0) await admin.deleteTopics({ topics: [...names], timeout: 15_000 });
    },
    deleteGroup: async (groupId) => {
      await admin.deleteGroups([groupId]);
    },
    close: () => admin.disconnect(),
  };
}

/** Right after a topic was made or a broker started, leaders and coordinators are still being found: ask again for 10 s. */
async function askAgain<Answer>(
  ask: () => Promise<Answer>,
  isWorthIt: () => Promise<boolean>,
): Promise<Answer> {
  for (let tries = 50; ; tries--) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 0 || !(await isWorthIt())) throw error;
      await wait(200);
    }
  }
}

async function readEnds(admin: Admin, topic: string): Promise<PartitionEnds[]> {
  const exists = async () => (await admin.listTopics()).includes(topic);
  const ends = await askAgain(() => admin.fetchTopicOffsets(topic), exists).catch(async (cause: unknown) => {
    const isThere = await exists().catch(() => true);
    if (isThere) throw new AppError('FRAUD_BROKER_UNAVAILABLE', { cause });
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `There is no topic ${topic}.`, cause });
  });
  return ends
    .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
    .sort((one, other) => one.partition - other.partition);
}

async function readCommitted(admin: Admin, groupId: string, topic: string) {
  const ask = () => admin.fetchOffsets({ groupId, topics: [topic] });
  const [found] = await askAgain(ask, async () => true).catch((cause: unknown) => {
    throw new AppError('FRAUD_BROKER_UNAVAILABLE', { cause });
  });
  const entries = found?.partitions ?? [];
  return new Map(
    entries.map(({ partition, offset }) => [partition, offset === '-1' ? undefined : BigInt(offset)]),
  );
}

/** Creates what is missing of `table` and disconnects again. Returns the names created. */
export async function createTopics(
  connection: KafkaConnection,
  table: Iterable<TopicDefinition>,
  options: CreateTopicsOptions = {},
): Promise<string[]> {
  const admin = await openAdmin(connection);
  try {
    return await admin.createTopics(table, options);
  } finally {
    await admin.close();
  }
}
