// shared/kafka/group-hooks.ts: what a member does around joining: drain, commit, fence; then take over, however long its dependencies take.
import { setTimeout as wait } from 'node:timers/promises';
import type { Consumer as KafkaConsumer } from 'kafkajs';
import { AppError } from '../errors.ts';
import type { KafkaAdmin } from './admin.ts';
import { createBackoff } from './backoff.ts';
import type { AssignedPartition, Dispatcher } from './chunk-dispatcher.ts';
import type { ConsumerOptions } from './consumer.ts';
import { type GroupHooks, isLostGroup } from './kafkajs-internals.ts';
import { findStarts } from './start-offset.ts';

/** Longest wait for chunks under way before partitions are given up: below the rebalance timeout of 60 s. */
const DRAIN_LIMIT_MS = 20_000;
const BEAT_EVERY_MS = 1_000;

/** What the hooks need of the consumer they belong to. */
export interface Member {
  readonly consumer: KafkaConsumer;
  readonly dispatcher: Dispatcher;
  readonly admin: KafkaAdmin;
  readonly options: ConsumerOptions;
  /** Told of each joining: false when it begins, true when partitions are taken over. */
  readonly setMember: (isMember: boolean) => void;
  /** A dependency failed; the same is tried again. */
  readonly onRetry: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
  /** False once the consumer was asked to stop. */
  readonly isGoing: () => boolean;
}

/** kafkajs' own errors are the broker's; of ours, those that the catalogue calls dependencies. */
function isDependencyError(error: unknown): boolean {
  if (error instanceof AppError) return error.retryable;
  return error instanceof Error && error.name.startsWith('KafkaJS');
}

/** Where to start, and what the caller has to do before anything is read. */
async function takeOver(
  { admin, options }: Member,
  assigned: readonly AssignedPartition[],
): Promise<(AssignedPartition & { start: bigint; end: bigint })[]> {
  const { groupId, stateOffset, stateGap = 'refuse' } = options;
  const starts = await findStarts({ admin, groupId, stateOffset, stateGap }, assigned);
  await options.onAssigned?.(assigned);
  return starts;
}

/** Tells the group every second that the member is there, while `work` keeps it from fetching. */
async function whileBeating<Answer>(beat: () => Promise<void>, work: () => Promise<Answer>): Promise<Answer> {
  // What a beat finds out, the one after the work finds out, too.
  const beating = setInterval(() => void beat().catch(() => {}), BEAT_EVERY_MS);
  try {
    const answer = await work();
    await beat();
    return answer;
  } finally {
    clearInterval(beating);
  }
}

/** Without a cause: one of kafkajs would make it start the consumer again. */
const toStopping = (): AppError =>
  new AppError('FRAUD_BROKER_UNAVAILABLE', { detail: 'The consumer is stopping.' });

/** A group that moved on is joined again (kafkajs-internals.ts); what no retry mends ends the consumer. */
function rethrowUnlessRetried({ isGoing, onFailure }: Member, error: unknown): void {
  if (isLostGroup(error)) throw error;
  if (!isGoing()) throw toStopping();
  if (isDependencyError(error)) return;
  onFailure(error);
  throw error;
}

/** Drain, commit, then fence. */
export async function giveUp(dispatcher: Dispatcher, options: ConsumerOptions): Promise<void> {
  const drained = await dispatcher.drain(DRAIN_LIMIT_MS);
  if (!drained) options.connection.log?.warn({}, 'Chunks under way were not drained in time: fenced.');
  const revoked = dispatcher.revoke();
  if (revoked.length > 0) await options.onRevoked?.(revoked);
}

/** Drain, commit, then fence; and on assignment seek before the first fetch. A dependency that fails is asked again, with growing pauses. */
export function createGroupHooks(member: () => Member): Required<GroupHooks> {
  return {
    beforeJoin: async () => {
      const { dispatcher, options, setMember } = member();
      setMember(false);
      await giveUp(dispatcher, options);
    },
    afterJoin: async (byTopic, beat) => {
      const mine = member();
      const assigned = byTopic.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      const pause = createBackoff();
      for (;;) {
        try {
          const starts = await whileBeating(beat, () => takeOver(mine, assigned));
          if (!mine.isGoing()) throw toStopping();
          return begin(mine, byTopic, starts);
        } catch (error) {
          rethrowUnlessRetried(mine, error);
          mine.onRetry(error);
          await wait(pause.next());
        }
      }
    },
  };
}

function begin(
  { consumer, dispatcher, setMember }: Member,
  byTopic: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  starts: readonly (AssignedPartition & { start: bigint; end: bigint })[],
): void {
  dispatcher.assign(starts);
  consumer.resume(byTopic.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })));
  for (const { topic, partition, start } of starts) {
    consumer.seek({ topic, partition, offset: start.toString() });
  }
  setMember(true);
}
