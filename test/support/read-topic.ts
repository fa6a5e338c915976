// test/support/read-topic.ts: every record of a topic, from its beginning to where it ends when asked.
import { randomBytes } from 'node:crypto';
import { openAdmin } from '../../shared/kafka/admin.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createConsumer } from '../../shared/kafka/consumer.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';

/** Records by partition and offset. Ends by itself; the group it uses is left to the broker to forget. */
export async function readTopic(connection: KafkaConnection, topic: string): Promise<InputRecord[]> {
  const admin = await openAdmin(connection);
  const ends = await admin.readEnds(topic);
  await admin.close();
  const wanted = ends.reduce((sum, { low, high }) => sum + Number(high - low), 0);
  if (wanted === 0) return [];
  const records: InputRecord[] = [];
  let finish = () => {};
  const complete = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = createConsumer({
    connection,
    groupId: `test-${randomBytes(5).toString('hex')}`,
    topics: [topic],
    maxChunkRecords: 1_000,
    onChunk: async (chunk) => {
      records.push(...chunk.records);
      if (records.length >= wanted) finish();
    },
  });
  await consumer.start();
  await Promise.race([complete, consumer.failed]);
  await consumer.stop();
  return records.sort((one, other) => one.partition - other.partition || Number(one.offset - other.offset));
}

/** JSON value of a record. */
export function parseValue(record: InputRecord): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(record.value ?? []).toString());
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
