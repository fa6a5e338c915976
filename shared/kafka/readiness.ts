// shared/kafka/readiness.ts: a broker is ready when it takes a record from an idempotent producer, not when its port opens.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { openAdmin } from './admin.ts';
import type { KafkaConnection } from './connection.ts';
import { createProducer } from './producer.ts';

/** One real produce into a topic of its own, which is deleted again. */
async function produceOnce(connection: KafkaConnection): Promise<void> {
  const admin = await openAdmin(connection);
  const name = `readiness-${randomUUID()}`;
  try {
    await admin.createTopics([
      {
        name,
        key: 'original',
        cleanup: 'delete',
        retentionDays: 1,
        holdsCardTokens: false,
        partitions: 1,
        maxBatchBytes: 1_048_576,
        schema: undefined,
        writtenBy: 'readiness probe',
        readBy: 'nobody',
      },
    ]);
    const producer = await createProducer({ connection });
    await producer.send([{ topic: name, key: null, value: Buffer.from('ready') }]);
    await producer.close();
  } finally {
    await admin.deleteTopics([name]).catch(() => {});
    await admin.close();
  }
}

/**
 * Resolves when the brokers take records.
 * @param isAlive asked between tries; false ends the waiting at once
 * @throws AppError FRAUD_BROKER_UNAVAILABLE when `timeoutMs` passes first
 */
export async function waitUntilReady(
  connection: KafkaConnection,
  timeoutMs: number,
  isAlive: () => boolean = () => true,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    try {
      return await produceOnce(connection);
    } catch (cause) {
      if (signal.aborted || !isAlive()) throw new AppError('FRAUD_BROKER_UNAVAILABLE', { cause });
      await wait(250);
    }
  }
}

/** True when something answers the Kafka protocol at `brokers` within two seconds. */
export async function isReachable(connection: KafkaConnection): Promise<boolean> {
  const probe = openAdmin(connection).then(async (admin) => {
    await admin.close();
    return true;
  });
  return Promise.race([probe.catch(() => false), wait(2_000, false)]);
}
