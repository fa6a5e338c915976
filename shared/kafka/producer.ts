// shared/kafka/producer.ts: idempotent producer: many records in one request, one request at a time, rebuilt when its id is lost.
import type { Producer as KafkaProducer, Message, TopicMessages } from 'kafkajs';
import { AppError } from '../errors.ts';
import { createKafkaClient, type KafkaConnection, silentLog } from './connection.ts';
import { keyPartitioner } from './key-partitioner.ts';
import type { OutputRecord } from './records.ts';
import { withinTime } from './within-time.ts';

export interface Producer {
  /**
   * Resolves when every record is acknowledged by all in-sync replicas. Calls made while a request is under way
   * leave together with the next one; records of one key keep the order of the calls.
   * @throws AppError FRAUD_BROKER_UNAVAILABLE (retryable): some of the records may have been written
   */
  send(records: readonly OutputRecord[]): Promise<void>;
  /** Waits for what is under way, then disconnects; without a broker it gives up after some seconds. */
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly connection: KafkaConnection;
  /** Largest request in bytes of keys and values (default 900 kB, below the brokers' default batch limit of 1 MiB). */
  readonly maxRequestBytes?: number;
  /** Topics that take larger batches: a batch never exceeds the number given here. */
  readonly maxBatchBytes?: (topic: string) => number;
}

/** Out of order sequence, invalid producer epoch, unknown producer id: the broker no longer knows this producer. */
const LOST_PRODUCER_CODES = new Set([45, 47, 59]);
const REBUILDS = 3;
const CLOSE_LIMIT_MS = 10_000;
const DEFAULT_BATCH_BYTES = 900_000;
/** Above this a request only costs memory: batches of 4 MB leave at full speed. */
const DEFAULT_REQUEST_BYTES = 4_000_000;
/** Record framing, timestamps, header names: an upper bound for what is not key, value or header. */
const RECORD_OVERHEAD_BYTES = 64;

interface Waiting {
  readonly records: readonly OutputRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function isLostProducer(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'number' && LOST_PRODUCER_CODES.has(current.code))
      return true;
  }
  return false;
}

function sizeOf(record: OutputRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) bytes += name.length + (record.headers[name]?.length ?? 0) + 4;
  return bytes;
}

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

function toMessage({ key, value, headers, partition, timestampMs }: OutputRecord): Message {
  const message: Message = {
    key: key === null || typeof key === 'string' ? key : toBuffer(key),
    value: value === null ? null : toBuffer(value),
  };
  // kafkajs knows headers as buffers; our encoder (produce-request.ts) takes any bytes.
  if (headers) message.headers = headers as NonNullable<Message['headers']>;
  if (partition !== undefined) message.partition = partition;
  if (timestampMs !== undefined) message.timestamp = String(timestampMs);
  return message;
}

/** Splits records into requests: in order, none over `requestBytes`, no topic's share over its batch limit. */
export function splitIntoRequests(
  records: readonly OutputRecord[],
  requestBytes: number,
  maxBatchBytes: (topic: string) => number,
): TopicMessages[][] {
  const requests: TopicMessages[][] = [];
  let messages = new Map<string, Message[]>();
  let topicBytes = new Map<string, number>();
  let total = 0;
  const finish = () => {
    if (messages.size > 0) requests.push([...messages].map(([topic, list]) => ({ topic, messages: list })));
    messages = new Map();
    topicBytes = new Map();
    total = 0;
  };
  for (const record of records) {
    const bytes = sizeOf(record);
    const ofTopic = topicBytes.get(record.topic) ?? 0;
    const isFull = total + bytes > requestBytes || ofTopic + bytes > maxBatchBytes(record.topic);
    if (isFull) finish();
    const list = messages.get(record.topic);
    if (list) list.push(toMessage(record));
    else messages.set(record.topic, [toMessage(record)]);
    topicBytes.set(record.topic, (topicBytes.get(record.topic) ?? 0) + bytes);
    total += bytes;
  }
  finish();
  return requests;
}

/** A kafkajs producer that is made again when the broker has forgotten it. */
async function openProducer(connection: KafkaConnection): Promise<{
  sendBatch(topicMessages: TopicMessages[]): Promise<void>;
  close(): Promise<void>;
}> {
  const log = connection.log ?? silentLog;
  const build = async (): Promise<KafkaProducer> => {
    const made = createKafkaClient(connection).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: keyPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 15 },
    });
    await made.connect();
    return made;
  };
  let producer = await build();
  const sendBatch = async (topicMessages: TopicMessages[], rebuildsLeft = REBUILDS): Promise<void> => {
    try {
      await producer.sendBatch({ topicMessages, acks: -1 });
    } catch (error) {
      if (rebuildsLeft === 0 || !isLostProducer(error)) throw error;
      log.warn({ rebuildsLeft }, 'The broker no longer knows this producer: making another one.');
      await producer.disconnect().catch(() => {});
      producer = await build();
      await sendBatch(topicMessages, rebuildsLeft - 1);
    }
  };
  return { sendBatch: (topicMessages) => sendBatch(topicMessages), close: () => producer.disconnect() };
}

const toUnavailable = (cause: unknown): AppError =>
  cause instanceof AppError ? cause : new AppError('FRAUD_BROKER_UNAVAILABLE', { cause });

/** What was asked for while a round is under way leaves together in the next round. */
function createRounds(sendAll: (records: readonly OutputRecord[]) => Promise<void>) {
  let waiting: Waiting[] = [];
  let underWay: Promise<void> | undefined;

  const sendRound = async (round: readonly Waiting[]): Promise<void> => {
    const records = round.length === 1 ? (round[0]?.records ?? []) : round.flatMap((one) => one.records);
    try {
      await sendAll(records);
      for (const { resolve } of round) resolve();
    } catch (cause) {
      for (const { reject } of round) reject(toUnavailable(cause));
    }
  };
  const sendRounds = async (): Promise<void> => {
    while (waiting.length > 0) {
      const round = waiting;
      waiting = [];
      await sendRound(round);
    }
    underWay = undefined;
  };
  return {
    send: (records: readonly OutputRecord[]): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject });
        underWay ??= sendRounds();
      }),
    finish: async (): Promise<void> => underWay,
  };
}

/**
 * A connected producer. Close it.
 * @throws AppError FRAUD_BROKER_UNAVAILABLE when no broker answers
 */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const { maxRequestBytes = DEFAULT_REQUEST_BYTES, maxBatchBytes = () => DEFAULT_BATCH_BYTES } = options;
  const producer = await openProducer(options.connection).catch((cause: unknown) => {
    throw toUnavailable(cause);
  });
  const rounds = createRounds(async (records) => {
    for (const request of splitIntoRequests(records, maxRequestBytes, maxBatchBytes)) {
      await producer.sendBatch(request);
    }
  });
  return {
    send: (records) => (records.length === 0 ? Promise.resolve() : rounds.send(records)),
    close: async () => {
      await withinTime(rounds.finish(), CLOSE_LIMIT_MS);
      await withinTime(producer.close(), CLOSE_LIMIT_MS);
    },
  };
}
