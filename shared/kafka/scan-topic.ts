// shared/kafka/scan-topic.ts: reads a topic from its oldest record to the end it has now, once, without leaving a trace.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { openAdmin, type PartitionEnds } from './admin.ts';
import type { PartitionProgress } from './chunk-dispatcher.ts';
import type { KafkaConnection } from './connection.ts';
import { createConsumer } from './consumer.ts';
import type { InputRecord } from './records.ts';

const CHUNK_RECORDS = 2_000;
/** How often the scan looks whether only offsets without a record are left (transaction markers, compacted records). */
const LOOK_EVERY_MS = 100;

/** What a scan covers: records from `low` to before `high` of every partition. */
export type TopicEnds = readonly PartitionEnds[];

/** Ends of a topic now; an empty list when it does not exist. */
export async function readTopicEnds(connection: KafkaConnection, topic: string): Promise<TopicEnds> {
  const admin = await openAdmin(connection);
  try {
    return (await admin.listTopics()).includes(topic) ? await admin.readEnds(topic) : [];
  } finally {
    await admin.close();
  }
}

export const countRecords = (ends: TopicEnds): number =>
  ends.reduce((sum, { low, high }) => sum + Number(high - low), 0);

/** Partitions that still owe records, and when one last came. */
function createRemaining(ends: TopicEnds) {
  const remaining = new Map(
    ends.filter(({ low, high }) => high > low).map((end) => [end.partition, end.high]),
  );
  return {
    isDone: () => remaining.size === 0,
    /** Takes partitions off that were read to their end, whether there was a record at it or not. */
    takeOffReached: (progress: readonly PartitionProgress[]): void => {
      for (const { partition, position } of progress) {
        if (position >= (remaining.get(partition) ?? 0n)) remaining.delete(partition);
      }
    },
    /** The records of a chunk that lie before the end. */
    within: (records: readonly InputRecord[]): readonly InputRecord[] => {
      const wanted = records.filter(({ partition, offset }) => offset < (remaining.get(partition) ?? 0n));
      for (const { partition, offset } of records) {
        if (offset + 1n >= (remaining.get(partition) ?? 0n)) remaining.delete(partition);
      }
      return wanted;
    },
  };
}

/**
 * Hands every record between the ends to `onRecords`, in order per partition, and returns when all were seen.
 * Memory is bounded by the consumer's read-ahead.
 */
export async function scanTopic(
  connection: KafkaConnection,
  topic: string,
  ends: TopicEnds,
  onRecords: (records: readonly InputRecord[]) => void,
): Promise<void> {
  const remaining = createRemaining(ends);
  if (remaining.isDone()) return;
  const groupId = `scan-${randomUUID()}`;
  let finish = () => {};
  const complete = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = createConsumer({
    connection,
    groupId,
    topics: [topic],
    maxChunkRecords: CHUNK_RECORDS,
    onChunk: async ({ records }) => {
      onRecords(remaining.within(records));
      if (remaining.isDone()) finish();
    },
  });
  let isOver = false;
  const reached = async (): Promise<void> => {
    while (!isOver && !remaining.isDone()) {
      await wait(LOOK_EVERY_MS);
      remaining.takeOffReached(consumer.progress());
    }
  };
  try {
    await consumer.start();
    await Promise.race([complete, reached(), consumer.failed]);
  } finally {
    isOver = true;
    await consumer.stop();
    await deleteGroup(connection, groupId);
  }
}

async function deleteGroup(connection: KafkaConnection, groupId: string): Promise<void> {
  const admin = await openAdmin(connection);
  await admin.deleteGroup(groupId).catch(() => {});
  await admin.close();
}

/** True when a topic holds records behind the ends read before. */
export async function haveGrown(
  connection: KafkaConnection,
  before: ReadonlyMap<string, TopicEnds>,
): Promise<boolean> {
  for (const [topic, ends] of before) {
    const now = await readTopicEnds(connection, topic);
    if (countRecords(now) + sumOfLows(now) > countRecords(ends) + sumOfLows(ends)) return true;
  }
  return false;
}

const sumOfLows = (ends: TopicEnds): number => ends.reduce((sum, { low }) => sum + Number(low), 0);
