// shared/kafka/read-to-end.ts: every record of a topic up to its end at the time of asking, each partition in order; for audits and rebuilds.
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { openAdmin } from './admin.ts';
import type { KafkaConnection } from './connection.ts';
import { createConsumer } from './consumer.ts';
import type { InputRecord } from './records.ts';

const LOOK_EVERY_MS = 20;

/** Calls `visit` with each record, in order per partition. Memory does not grow with the topic. Resolves to the number of records. */
export async function readToEnd(
  connection: KafkaConnection,
  topic: string,
  visit: (record: InputRecord) => void,
): Promise<number> {
  const admin = await openAdmin(connection);
  const ends = await admin.readEnds(topic).finally(() => admin.close());
  const endOf = new Map(ends.map(({ partition, high }) => [partition, high]));
  const open = new Set(ends.filter(({ low, high }) => high > low).map(({ partition }) => partition));
  if (open.size === 0) return 0;
  let count = 0;
  const consumer = createConsumer({
    connection,
    groupId: `reader-${randomBytes(8).toString('hex')}`,
    topics: [topic],
    maxChunkRecords: 2_000,
    onChunk: async ({ records }) => {
      for (const record of records) {
        if (record.offset >= (endOf.get(record.partition) ?? 0n)) continue;
        count++;
        visit(record);
      }
    },
  });
  await consumer.start();
  try {
    // Control records and gaps of compaction leave no record at the end: the consumer's position tells, not the count.
    while (open.size > 0) {
      for (const { partition, position } of consumer.progress()) {
        if (position >= (endOf.get(partition) ?? 0n)) open.delete(partition);
      }
      await Promise.race([wait(LOOK_EVERY_MS), consumer.failed]);
    }
  } finally {
    await consumer.stop();
  }
  return count;
}
