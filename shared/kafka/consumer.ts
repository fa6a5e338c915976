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
import type { GroupHooks } from './kafkajs-internals.ts';
import { toInputRecord } from './records.ts';
import { findStarts, type StateOffset } from './start-offset.ts';
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
  /** Next offset in the caller's own state: consumption starts at the smaller of it and the committed one. */
  readonly stateOffset?: StateOffset;
  /** One stream over all partitions in event-time order: repeatable replays of a filled topic by one member. */
  readonly aligned?: boolean;
  /** Awaited after assignment, before the first chunk. */
  readonly onAssigned?: (partitions: readonly AssignedPartition[]) => void | Promise<void>;
  /** Awaited after the last chunk was drained and committed; from then on earlier chunks are stale. */
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
  /** Rejects when the consumer cannot go on; never resolves. */
  readonly failed: Promise<never>;
  /** Hands out nothing more, waits for the chunks under way and their commits, leaves the group. */
  stop(): Promise<void>;
}

/** Longest wait for chunks under way before partitions are given up: below the rebalance timeout of 60 s. */
const DRAIN_LIMIT_MS = 20_000;
const ENDS_EVERY_MS = 10_000;
const LEAVE_LIMIT_MS = 5_000;

/** The group moved on (rebalance in progress, illegal generation, unknown member): the records will be read again. */
const LOST_GROUP_CODES = new Set([22, 25, 27]);

function isLostGroup(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST_GROUP_CODES.has(Number(error.code));
}

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

function createFailure(): { failed: Promise<never>; fail: (error: unknown) => void } {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Whoever waits for it sees the rejection; nobody waiting is not an unhandled one.
  failed.catch(() => {});
  return { failed, fail };
}

interface Member {
  readonly consumer: KafkaConsumer;
  readonly dispatcher: Dispatcher;
  readonly admin: KafkaAdmin;
  readonly options: ConsumerOptions;
}

/** Drain, commit, then fence; and on assignment seek before the first fetch. */
function createGroupHooks(member: () => Member, onJoined: () => void): Required<GroupHooks> {
  return {
    beforeJoin: async () => {
      const { dispatcher, options } = member();
      const drained = await dispatcher.drain(DRAIN_LIMIT_MS);
      if (!drained) options.connection.log?.warn({}, 'Chunks under way were not drained in time: fenced.');
      const revoked = dispatcher.revoke();
      if (revoked.length > 0) await options.onRevoked?.(revoked);
    },
    afterJoin: async (byTopic) => {
      const { consumer, dispatcher, admin, options } = member();
      const assigned = byTopic.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      const starts = await findStarts(admin, options.groupId, assigned, options.stateOffset);
      await options.onAssigned?.(assigned);
      dispatcher.assign(starts);
      consumer.resume(byTopic.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })));
      for (const { topic, partition, start } of starts) {
        consumer.seek({ topic, partition, offset: start.toString() });
      }
      onJoined();
    },
  };
}

/** Asks for the ends of what is owned, so that lag is known even should fetching have stopped. Failures wait for the next time. */
async function refreshEnds({ admin, dispatcher, options }: Member): Promise<void> {
  for (const topic of options.topics) {
    const ends = await admin.readEnds(topic).catch(() => []);
    for (const { partition, high } of ends) dispatcher.extend({ topic, partition }, high);
  }
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

/** A member of a consumer group that has not joined yet: call `start`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { connection, groupId, topics } = options;
  const { failed, fail } = createFailure();
  let latestCommit: CommitOffsets | undefined;
  let admin: KafkaAdmin | undefined;
  let refreshing: NodeJS.Timeout | undefined;
  let onJoined: () => void = () => {};
  const joined = new Promise<void>((resolve) => {
    onJoined = resolve;
  });

  const committer = createCommitter(createCommitPort(() => latestCommit));
  const dispatcher = new ChunkDispatcher({
    onChunk: options.onChunk,
    maxChunkRecords: options.maxChunkRecords,
    bufferedRecords: options.bufferedRecords ?? 4_096,
    aligned: options.aligned ?? false,
    commit: committer.commit,
    pause: ({ topic, partition }) => consumer.pause([{ topic, partitions: [partition] }]),
    resume: ({ topic, partition }) => consumer.resume([{ topic, partitions: [partition] }]),
    onFailure: fail,
  });
  const member = (): Member => {
    if (!admin) throw new AppError('FRAUD_BROKER_UNAVAILABLE', { detail: 'The consumer was not started.' });
    return { consumer, dispatcher, admin, options };
  };
  const consumer = joinable(
    options,
    createGroupHooks(member, () => onJoined()),
  );
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) fail(new AppError('FRAUD_BROKER_UNAVAILABLE', { cause: error }));
  });

  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    dispatcher.reach({ topic, partition }, BigInt(lastOffset) + 1n);
  });

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
    start: async () => {
      admin = await openAdmin(connection);
      // Finds the group's coordinator and waits until it has loaded the group.
      if (topics[0] !== undefined) await admin.readCommitted(groupId, topics[0]);
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
      await Promise.race([joined, failed]);
      refreshing = setInterval(() => void refreshEnds(member()), ENDS_EVERY_MS).unref();
    },
    stop: async () => {
      clearInterval(refreshing);
      await dispatcher.drain(DRAIN_LIMIT_MS);
      dispatcher.revoke();
      // Without a broker kafkajs goes on trying for minutes; the group finds out by itself that we are gone.
      await withinTime(consumer.disconnect(), LEAVE_LIMIT_MS);
      await withinTime(admin?.close(), LEAVE_LIMIT_MS);
      (connection.log ?? silentLog).debug({ groupId }, 'The consumer left its group.');
    },
  };
}
