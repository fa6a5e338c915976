// shared/kafka/consumer.ts: group member on kafkajs: reads ahead, hands out chunks, commits what the caller says, drains before giving up.
import type { EachBatchPayload, Consumer as KafkaConsumer } from 'kafkajs';
import { AppError } from '../errors.ts';
import { type KafkaAdmin, openAdmin } from './admin.ts';
import {
  type AssignedPartition,
  ChunkDispatcher,
  type ConsumedChunk,
  type Dispatcher,
  type PartitionProgress,
} from './chunk-dispatcher.ts';
import { createCoPartitionAssigner } from './co-partition-assigner.ts';
import { type CommitPort, createCommitter } from './committer.ts';
import { createKafkaClient, type KafkaConnection, silentLog } from './connection.ts';
import { type ConsumerHealth, type EndsWatch, HealthRecord, watchEnds } from './consumer-health.ts';
import { createGroupHooks, giveUp, type Member } from './group-hooks.ts';
import { type GroupHooks, isLostGroup } from './kafkajs-internals.ts';
import { toInputRecord } from './records.ts';
import type { StateGap, StateOffset } from './start-offset.ts';
import { withinTime } from './within-time.ts';

export interface ConsumerOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  /** Partition p of every topic goes to the same member. */
  readonly topics: readonly string[];
  /**
   * Called with one chunk at a time per partition, chunks of different partitions side by side (aligned: one at a time).
   * A retryable AppError is tried again with the same chunk after a pause; anything else ends the consumer.
   */
  readonly onChunk: (chunk: ConsumedChunk) => Promise<void>;
  readonly maxChunkRecords: number;
  /** Read-ahead per partition at which fetching pauses; it resumes below half of it. Default 4,096. */
  readonly bufferedRecords?: number;
  /** Next offset in the caller's own state, which must hold all that the group committed (see `stateGap`). */
  readonly stateOffset?: StateOffset;
  /** Default `refuse`: the consumer fails with FRAUD_STATE_BEHIND. `accept`: it goes on where the group stands. */
  readonly stateGap?: StateGap;
  /** One stream over all partitions in event-time order: repeatable replays of a filled topic by one member. */
  readonly aligned?: boolean;
  /** Awaited after assignment, before the first chunk; a retryable AppError is tried again after a pause. */
  readonly onAssigned?: (partitions: readonly AssignedPartition[]) => void | Promise<void>;
  /** Awaited after the last chunk was drained and committed, also when stopping; from then on earlier chunks are stale. */
  readonly onRevoked?: (partitions: readonly AssignedPartition[]) => void | Promise<void>;
  /** How long the broker holds an empty fetch, ms. Default 50: also the time a pause takes to end. */
  readonly maxWaitMs?: number;
  /** Bytes per partition and fetch. Default 1 MiB. */
  readonly maxBytesPerPartition?: number;
  /** A member silent for so long is out of the group, ms. Default 30,000. */
  readonly sessionTimeoutMs?: number;
}

export interface Consumer {
  /** Joins the group; resolves when partitions are assigned for the first time. */
  start(): Promise<void>;
  progress(): PartitionProgress[];
  health(): ConsumerHealth;
  /** Rejects when the consumer cannot go on; never resolves. */
  readonly failed: Promise<never>;
  /** Hands out nothing more, waits for the chunks under way and their commits, leaves the group. */
  stop(): Promise<void>;
}

const LEAVE_LIMIT_MS = 5_000;

type CommitOffsets = EachBatchPayload['commitOffsetsIfNecessary'];

/** Commits through the payload of the latest batch: unlike the consumer's own method it does not retry into a later generation. */
function createCommitPort(latestCommit: () => CommitOffsets | undefined): CommitPort {
  return {
    isLost: isLostGroup,
    send: async (offsets) => {
      const topics = [...new Set(offsets.map(({ topic }) => topic))].map((topic) => ({
        topic,
        partitions: offsets
          .filter((one) => one.topic === topic)
          .map(({ partition, offset }) => ({ partition, offset: offset.toString() })),
      }));
      await latestCommit()?.({ topics });
    },
  };
}

function createSignal(): { promise: Promise<void>; settle: () => void } {
  let settle: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

function createFailure(): { failed: Promise<never>; fail: (error: unknown) => void } {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Whoever waits for it sees the rejection; nobody waiting is not an unhandled one.
  failed.catch(() => {});
  return { failed, fail };
}

/** kafkajs' consumer with our assigner and without its slow defaults. */
function joinable(options: ConsumerOptions, hooks: GroupHooks): KafkaConsumer {
  const { connection, groupId, maxWaitMs = 50, maxBytesPerPartition = 1_048_576 } = options;
  return createKafkaClient(connection).consumer({
    groupId,
    partitionAssigners: [createCoPartitionAssigner(hooks)],
    sessionTimeout: options.sessionTimeoutMs ?? 30_000,
    rebalanceTimeout: 60_000,
    heartbeatInterval: 1_000,
    maxWaitTimeInMs: maxWaitMs,
    minBytes: 1,
    maxBytesPerPartition,
    maxBytes: 16 * maxBytesPerPartition,
    allowAutoTopicCreation: false,
  });
}

interface Listeners {
  readonly dispatcher: Dispatcher;
  readonly health: HealthRecord;
  readonly fail: (error: unknown) => void;
}

/** What kafkajs tells only by events. */
function listen(consumer: KafkaConsumer, { dispatcher, health, fail }: Listeners): void {
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) fail(new AppError('FRAUD_BROKER_UNAVAILABLE', { cause: error }));
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    dispatcher.reach({ topic, partition }, BigInt(lastOffset) + 1n);
  });
  consumer.on(consumer.events.FETCH_START, () => health.noteTurn());
}

/** A member of a consumer group that has not joined yet: call `start`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { connection, groupId, topics } = options;
  const { failed, fail } = createFailure();
  let latestCommit: CommitOffsets | undefined;
  let admin: KafkaAdmin | undefined;
  let ends: EndsWatch | undefined;
  let isStopping = false;
  const isGoing = () => !isStopping;
  const health = new HealthRecord();
  const { promise: joined, settle: onJoined } = createSignal();

  const onRetry = (error: unknown): void => {
    health.noteRetry();
    (connection.log ?? silentLog).warn({ err: error }, 'A dependency failed: trying again.');
  };
  const committer = createCommitter({ ...createCommitPort(() => latestCommit), onRetry });
  const dispatcher = new ChunkDispatcher({
    onChunk: options.onChunk,
    maxChunkRecords: options.maxChunkRecords,
    bufferedRecords: options.bufferedRecords ?? 4_096,
    aligned: options.aligned ?? false,
    commit: committer.commit,
    pause: ({ topic, partition }) => consumer.pause([{ topic, partitions: [partition] }]),
    resume: ({ topic, partition }) => consumer.resume([{ topic, partitions: [partition] }]),
    onFailure: fail,
    onRetry,
  });
  const member = (): Member => {
    if (!admin) throw new AppError('FRAUD_BROKER_UNAVAILABLE', { detail: 'The consumer was not started.' });
    const setMember = (isMember: boolean): void => {
      health.setMember(isMember);
      if (isMember) onJoined();
    };
    return { consumer, dispatcher, admin, options, setMember, onRetry, onFailure: fail, isGoing };
  };
  const consumer = joinable(options, createGroupHooks(member));
  listen(consumer, { dispatcher, health, fail });

  const eachBatch = async ({ batch, resolveOffset, commitOffsetsIfNecessary, isStale }: EachBatchPayload) => {
    latestCommit = commitOffsetsIfNecessary;
    if (isStale()) return;
    const { topic, partition, messages, highWatermark } = batch;
    const records = messages.map((message) => toInputRecord(topic, partition, message));
    const isTaken = dispatcher.accept({ topic, partition }, records, BigInt(highWatermark));
    if (isTaken) resolveOffset(batch.lastOffset());
  };

  return {
    failed,
    progress: () => dispatcher.progress(),
    health: () => health.read(ends?.isSilent() ?? false),
    start: async () => {
      admin = await openAdmin(connection);
      // Finds the group's coordinator and waits until it has loaded the group.
      if (topics[0] !== undefined) await admin.readCommitted(groupId, topics[0]);
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      ends = watchEnds(admin, topics, (topic, found) => {
        for (const { partition, high } of found) dispatcher.extend({ topic, partition }, high);
      });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
      await Promise.race([joined, failed]);
    },
    stop: async () => {
      isStopping = true;
      ends?.stop();
      await giveUp(dispatcher, options);
      // Without a broker kafkajs goes on trying for minutes; the group finds out by itself that we are gone.
      await withinTime(consumer.disconnect(), LEAVE_LIMIT_MS);
      await withinTime(admin?.close(), LEAVE_LIMIT_MS);
      (connection.log ?? silentLog).debug({ groupId }, 'The consumer left its group.');
    },
  };
}
