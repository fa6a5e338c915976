// shared/kafka/partition-buffer.ts: records read ahead of one partition, in order, and how far they reach.
import type { InputRecord } from './records.ts';

/** What is known of one assigned partition. Offsets are "next": the first not yet fetched, not yet done. */
export interface PartitionBuffer {
  readonly topic: string;
  readonly partition: number;
  readonly size: number;
  /** Next offset to fetch; behind everything that is buffered. */
  readonly fetched: bigint;
  /** The partition's end as last told by the broker. */
  readonly end: bigint;
  /** True when nothing is left that the broker has told of. */
  readonly isAtEnd: boolean;
  push(records: readonly InputRecord[], end: bigint): void;
  /** Everything before `next` was fetched: offsets may hold no record (transaction markers, compaction). */
  reach(next: bigint): void;
  /** The broker tells of a later end. */
  extend(end: bigint): void;
  peek(): InputRecord | undefined;
  /** Removes and returns the first `limit` records or fewer. */
  take(limit: number): InputRecord[];
  clear(): void;
}

/** An empty buffer; `start` is the first offset that will be fetched. */
export function createPartitionBuffer(from: {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
}): PartitionBuffer {
  const { topic, partition } = from;
  let batches: (readonly InputRecord[])[] = [];
  /** Records of the first batch that are gone already. */
  let taken = 0;
  let size = 0;
  let fetched = from.start;
  let end = from.end;

  const take = (limit: number): InputRecord[] => {
    const result: InputRecord[] = [];
    for (let first = batches[0]; first && result.length < limit; first = batches[0]) {
      const upTo = Math.min(first.length, taken + limit - result.length);
      for (let index = taken; index < upTo; index++) {
        const record = first[index];
        if (record) result.push(record);
      }
      taken = upTo;
      if (taken === first.length) {
        batches.shift();
        taken = 0;
      }
    }
    size -= result.length;
    return result;
  };

  return {
    topic,
    partition,
    get size() {
      return size;
    },
    get fetched() {
      return fetched;
    },
    get end() {
      return end;
    },
    get isAtEnd() {
      return size === 0 && fetched >= end;
    },
    push: (records, newEnd) => {
      const last = records.at(-1);
      if (last) {
        batches.push(records);
        size += records.length;
        fetched = last.offset + 1n;
      }
      if (newEnd > end) end = newEnd;
    },
    reach: (next) => {
      if (next > fetched) fetched = next;
    },
    extend: (newEnd) => {
      if (newEnd > end) end = newEnd;
    },
    peek: () => batches[0]?.[taken],
    take,
    clear: () => {
      batches = [];
      taken = 0;
      size = 0;
    },
  };
}
