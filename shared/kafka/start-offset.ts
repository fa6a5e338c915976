// shared/kafka/start-offset.ts: where consumption of a partition begins: at the smaller of committed offset and state, within what is there.
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
 * Committed behind the state: outputs may be missing, they are made again from stored decisions. State behind the
 * committed offset: it was lost, records are read again to rebuild it. Never committed, or a state that knows nothing: from
 * the oldest record.
 */
export function chooseStart({ committed, state, hasState, low, high }: StartFacts): bigint {
  if (committed === undefined || (hasState && state === undefined)) return low;
  const wanted = state !== undefined && state < committed ? state : committed;
  if (wanted < low) return low;
  return wanted > high ? high : wanted;
}

export type StateOffset = (
  topic: string,
  partition: number,
) => bigint | undefined | Promise<bigint | undefined>;

/** Start and end of every assigned partition, asked of the broker and of the caller's state. */
export async function findStarts(
  admin: KafkaAdmin,
  groupId: string,
  assigned: readonly AssignedPartition[],
  stateOffset: StateOffset | undefined,
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
      starts.push({ topic, partition, start: chooseStart(facts), end: high });
    }
  }
  return starts;
}
