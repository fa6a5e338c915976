// shared/kafka/model-events.ts: moves of aliases told over a topic: a hint to look now, for a process that looks every second anyway.
import { randomUUID } from 'node:crypto';
import { type ModelEvent, modelEventSchema } from '../domain/model-event.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import { openAdmin } from './admin.ts';
import type { KafkaConnection } from './connection.ts';
import { createConsumer } from './consumer.ts';
import { createProducer } from './producer.ts';
import { cloudEventHeaders, type InputRecord } from './records.ts';
import { withinTime } from './within-time.ts';

/** Nobody waits longer for a broker to take a hint. */
const ANNOUNCE_LIMIT_MS = 10_000;
/** Nothing comes for days: the broker is asked to hold the fetch for long. */
const FETCH_WAIT_MS = 5_000;

async function sendEvents(connection: KafkaConnection, topic: string, event: ModelEvent): Promise<void> {
  const producer = await createProducer({ connection });
  try {
    const id = `${event.alias}-${event.fence}`;
    const headers = cloudEventHeaders({ id, type: 'model-event.v1', source: event.by, time: event.at });
    await producer.send([{ topic, key: event.alias, value: Buffer.from(JSON.stringify(event)), headers }]);
  } finally {
    await producer.close();
  }
}

/**
 * Tells of one move. Never rejects: the alias has moved, and whoever reads it looks by itself.
 * @param onFailure told when the broker did not take it in time
 */
export function createAnnounceMove(parts: {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly onFailure: (error: AppError) => void;
}): (event: ModelEvent) => Promise<void> {
  const { connection, topic, onFailure } = parts;
  return async (event) => {
    let cause: unknown;
    const sending = sendEvents(connection, topic, event).catch((error: unknown) => {
      cause = error;
      throw error;
    });
    if (await withinTime(sending, ANNOUNCE_LIMIT_MS)) return;
    onFailure(new AppError('FRAUD_BROKER_UNAVAILABLE', { detail: 'The move was not announced.', cause }));
  };
}

/** What cannot be read is no hint. */
function readEvent({ value }: InputRecord): ModelEvent | undefined {
  try {
    return modelEventSchema.safeParse(JSON.parse(Buffer.from(value ?? []).toString())).data;
  } catch {
    return undefined;
  }
}

/**
 * Reads every event, the kept ones first, in a group of its own that is removed at the end. Returns at once and never fails: without a
 * broker there are no hints until the next start.
 * @param onHint called when the topic says that an alias has moved
 */
export function followModelEvents(parts: {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly log: Logger;
  readonly onHint: (event: ModelEvent) => void;
}): { stop(): Promise<void> } {
  const { connection, topic, log, onHint } = parts;
  const groupId = `model-events-${randomUUID()}`;
  const consumer = createConsumer({
    connection,
    groupId,
    topics: [topic],
    maxChunkRecords: 100,
    maxWaitMs: FETCH_WAIT_MS,
    onChunk: async ({ records }) => {
      for (const event of records.map(readEvent)) if (event) onHint(event);
    },
  });
  const without = (error: unknown) =>
    log.warn({ err: error, topic }, 'no hints of moved aliases; looking goes on');
  const starting = consumer.start().catch(without);
  consumer.failed.catch(without);
  const removeGroup = async (): Promise<void> => {
    const admin = await openAdmin(connection);
    await admin.deleteGroup(groupId).finally(() => admin.close());
  };
  return {
    stop: async () => {
      await withinTime(starting, ANNOUNCE_LIMIT_MS);
      await consumer.stop();
      await withinTime(removeGroup(), ANNOUNCE_LIMIT_MS);
    },
  };
}
