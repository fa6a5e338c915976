// shared/kafka/start-offset.ts: where consumption of a partition begins: at the committed offset, if the caller's state holds all before it.
import { AppError } from '../errors.ts';
import type { KafkaAdmin } from './admin.ts';
import type { AssignedPartition } from './chunk-dispatcher.ts';

export interface StartFacts {
  /** Undefined: the group never committed. */
  readonly committed: bigint | undefined;
  /** Next offset in the caller's state; undefined: the state has never seen the partition. */
  readonly state: bigint | undefined;
  /** False: the caller keeps no offsets of its own and `state` means nothing. */
  readonly hasState: boolean;
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * What a caller does whose state lacks records that its group has consumed. Reading them again would decide them a second time, with other
 * bytes; going on without them decides what follows on histories that are not there.
 */
export type StateGap = 'refuse' | 'accept';

/** True when the group consumed records that the caller's state does not hold: the state was lost, or belongs to another member. */
export function lacksConsumed({ committed = 0n, state = 0n, hasState }: StartFacts): boolean {
  return hasState && state < committed;
}

/**
 * Where the group stands. A state that is further has outputs that were perhaps never sent: they are made again from stored decisions.
 * Never committed: from the oldest record.
 */
export function chooseStart({ committed, low, high }: StartFacts): bigint {
  if (committed === undefined || committed < low) return low;
  return committed > high ? high : committed;
}

export type StateOffset = (
  topic: string,
  partition: number,
) => bigint | undefined | Promise<bigint | undefined>;

export interface StartQuestion {
  readonly admin: Pick<KafkaAdmin, 'readEnds' | 'readCommitted'>;
  readonly groupId: string;
  /** Undefined: the caller keeps no offsets of its own. */
  readonly stateOffset: StateOffset | undefined;
  readonly stateGap: StateGap;
}

function toBehind({ topic, partition }: AssignedPartition, { committed = 0n, state }: StartFacts): AppError {
  const facts = {
    topic,
    partition,
    committed: `${committed}`,
    state: state === undefined ? 'none' : `${state}`,
  };
  return new AppError('FRAUD_STATE_BEHIND', {
    detail: `${topic}-${partition}: the group has consumed up to ${facts.committed}, the state holds ${facts.state}.`,
    facts,
  });
}

/**
 * Start and end of every assigned partition, asked of the broker and of the caller's state.
 * @throws AppError FRAUD_STATE_BEHIND when the state lacks consumed records and `stateGap` is `refuse`
 */
export async function findStarts(
  { admin, groupId, stateOffset, stateGap }: StartQuestion,
  assigned: readonly AssignedPartition[],
): Promise<(AssignedPartition & { start: bigint; end: bigint })[]> {
  const starts: (AssignedPartition & { start: bigint; end: bigint })[] = [];
  for (const topic of new Set(assigned.map((one) => one.topic))) {
    const [ends, committed] = await Promise.all([admin.readEnds(topic), admin.readCommitted(groupId, topic)]);
    const endsByPartition = new Map(ends.map((end) => [end.partition, end]));
    for (const { partition } of assigned.filter((one) => one.topic === topic)) {
      const { low = 0n, high = 0n } = endsByPartition.get(partition) ?? {};
      const state = await stateOffset?.(topic, partition);
      const facts = {
        committed: committed.get(partition),
        state,
        hasState: stateOffset !== undefined,
        low,
        high,
      };
      if (stateGap === 'refuse' && lacksConsumed(facts)) throw toBehind({ topic, partition }, facts);
      starts.push({ topic, partition, start: chooseStart(facts), end: high });
    }
  }
  return starts;
}
