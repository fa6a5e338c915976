// shared/kafka/chunk-dispatcher.ts: read-ahead records → chunks, one at a time per partition; backpressure, retry, drain and fence.
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { InputOffset } from '../sequence/state-store.ts';
import { takeAligned } from './aligned-merge.ts';
import { createBackoff } from './backoff.ts';
import { createPartitionBuffer, type PartitionBuffer } from './partition-buffer.ts';
import { type InputRecord, offsetsAfter } from './records.ts';
import { withinTime } from './within-time.ts';

/** Records handed out together: of one partition, or of several in aligned mode. */
export interface ConsumedChunk {
  readonly records: readonly InputRecord[];
  /** True once the partitions were given up: what is produced from here on another member may produce, too. */
  isStale(): boolean;
  /** Tells the group that these records are answered; nothing when stale. Waits for the broker. */
  commit(): Promise<void>;
}

export interface AssignedPartition {
  readonly topic: string;
  readonly partition: number;
}

/** How far one partition is. Lag is in records. */
export interface PartitionProgress extends AssignedPartition {
  /** Next offset to be done. */
  readonly position: bigint;
  readonly lag: bigint;
}

export interface DispatcherOptions {
  readonly onChunk: (chunk: ConsumedChunk) => Promise<void>;
  readonly maxChunkRecords: number;
  readonly bufferedRecords: number;
  readonly aligned: boolean;
  /** Must give up by itself when the offsets are no longer ours to commit. */
  readonly commit: (offsets: readonly InputOffset[], isStale: () => boolean) => Promise<void>;
  readonly pause: (partition: AssignedPartition) => void;
  readonly resume: (partition: AssignedPartition) => void;
  /** An error that no retry mends. */
  readonly onFailure: (error: unknown) => void;
  /** A dependency failed: the same chunk will be tried again. */
  readonly onRetry?: (error: AppError) => void;
  /** Pause before a chunk is tried again for the first time, ms; it doubles to ten seconds. Default 250. */
  readonly retryPauseMs?: number;
}

export interface Dispatcher {
  /** Takes over these partitions (and no others) from their start offsets. */
  assign(partitions: readonly (AssignedPartition & { start: bigint; end: bigint })[]): void;
  /** False: not ours, or not now; the caller must not count the records as taken. */
  accept(partition: AssignedPartition, records: readonly InputRecord[], end: bigint): boolean;
  /** Everything before `next` was fetched and accepted; what held no record is nothing to wait for. */
  reach(partition: AssignedPartition, next: bigint): void;
  /** The partition's end as asked of the broker: known even when fetching has stopped. */
  extend(partition: AssignedPartition, end: bigint): void;
  /** Hands out nothing more and waits for the chunks under way; false when `limitMs` passed first. */
  drain(limitMs: number): Promise<boolean>;
  /** Makes every chunk under way stale and forgets what is buffered. Returns what was owned. */
  revoke(): AssignedPartition[];
  progress(): PartitionProgress[];
}

interface Owned {
  readonly buffer: PartitionBuffer;
  position: bigint;
  /** Offset after the last record handed out. */
  taken: bigint;
  isPaused: boolean;
}

/** Partitions whose records are handed out one chunk at a time: one partition, or all of them in aligned mode. */
interface Lane {
  readonly partitions: readonly Owned[];
  isBusy: boolean;
}

const keyOf = ({ topic, partition }: AssignedPartition): string => `${topic}|${partition}`;

function toProgress({ buffer, position: done, taken }: Owned): PartitionProgress {
  const { topic, partition, end, fetched } = buffer;
  // With nothing in hand and nothing buffered, what was fetched is done, records or not.
  const position = buffer.size === 0 && done >= taken && fetched > done ? fetched : done;
  return { topic, partition, position, lag: end > position ? end - position : 0n };
}

/** The part of the consumer that knows nothing of kafkajs. */
export class ChunkDispatcher implements Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #owned = new Map<string, Owned>();
  readonly #lanes = new Map<string, Lane>();
  readonly #underWay = new Set<Promise<void>>();
  /** Raised by each revocation: chunks of an earlier epoch are stale. */
  #epoch = 0;
  #isDraining = false;
  /** Aborted by a drain: who pauses before another try need not wait any longer. */
  #pauses = new AbortController();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  assign(partitions: readonly (AssignedPartition & { start: bigint; end: bigint })[]): void {
    const owned = partitions.map((one) => ({
      buffer: createPartitionBuffer(one),
      position: one.start,
      taken: one.start,
      isPaused: false,
    }));
    const shared: Lane = { partitions: owned, isBusy: false };
    for (const one of owned) {
      this.#owned.set(keyOf(one.buffer), one);
      this.#lanes.set(
        keyOf(one.buffer),
        this.#options.aligned ? shared : { partitions: [one], isBusy: false },
      );
    }
    this.#isDraining = false;
    this.#pauses = new AbortController();
  }

  accept(partition: AssignedPartition, records: readonly InputRecord[], end: bigint): boolean {
    const one = this.#owned.get(keyOf(partition));
    const lane = this.#lanes.get(keyOf(partition));
    if (!one || !lane || this.#isDraining) return false;
    one.buffer.push(records, end);
    if (one.buffer.size >= this.#options.bufferedRecords && !one.isPaused) {
      one.isPaused = true;
      this.#options.pause(one.buffer);
    }
    if (!lane.isBusy) this.#start(lane);
    return true;
  }

  reach(partition: AssignedPartition, next: bigint): void {
    const lane = this.#lanes.get(keyOf(partition));
    if (!lane || this.#isDraining) return;
    this.#owned.get(keyOf(partition))?.buffer.reach(next);
    if (!lane.isBusy) this.#start(lane);
  }

  extend(partition: AssignedPartition, end: bigint): void {
    this.#owned.get(keyOf(partition))?.buffer.extend(end);
  }

  async drain(limitMs: number): Promise<boolean> {
    this.#isDraining = true;
    this.#pauses.abort();
    return withinTime(Promise.all(this.#underWay), limitMs);
  }

  revoke(): AssignedPartition[] {
    this.#epoch++;
    const given = [...this.#owned.values()].map(({ buffer: { topic, partition } }) => ({ topic, partition }));
    this.#owned.clear();
    this.#lanes.clear();
    return given;
  }

  progress(): PartitionProgress[] {
    return [...this.#owned.values()].map(toProgress);
  }

  #start(lane: Lane): void {
    lane.isBusy = true;
    const running = this.#run(lane)
      .catch(this.#options.onFailure)
      .finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
  }

  /** Hands out chunks until nothing can be taken. The lane is free again in the same turn in which it was found empty. */
  async #run(lane: Lane): Promise<void> {
    const epoch = this.#epoch;
    while (!this.#isDraining && epoch === this.#epoch) {
      const records = this.#takeFrom(lane);
      if (records.length === 0) break;
      for (const one of lane.partitions) this.#relieve(one);
      await this.#deliver(records);
    }
    lane.isBusy = false;
  }

  #takeFrom({ partitions }: Lane): InputRecord[] {
    const { aligned, maxChunkRecords } = this.#options;
    const buffers = partitions.map(({ buffer }) => buffer);
    return aligned ? takeAligned(buffers, maxChunkRecords) : (buffers[0]?.take(maxChunkRecords) ?? []);
  }

  #relieve(one: Owned): void {
    if (!one.isPaused || one.buffer.size > this.#options.bufferedRecords / 2) return;
    one.isPaused = false;
    this.#options.resume(one.buffer);
  }

  async #deliver(records: readonly InputRecord[]): Promise<void> {
    const epoch = this.#epoch;
    const isStale = () => epoch !== this.#epoch;
    const after = offsetsAfter(records);
    this.#advance(after, 'taken');
    const commit = async () => (isStale() ? undefined : this.#options.commit(after, isStale));
    const pause = createBackoff(this.#options.retryPauseMs);
    while (!(await this.#isDone({ records, isStale, commit }))) {
      await wait(pause.next(), undefined, { signal: this.#pauses.signal }).catch(() => {});
    }
    if (!isStale()) this.#advance(after, 'position');
  }

  #advance(after: readonly InputOffset[], what: 'taken' | 'position'): void {
    for (const { topic, partition, offset } of after) {
      const one = this.#owned.get(keyOf({ topic, partition }));
      if (one) one[what] = offset;
    }
  }

  /** One try. False: a dependency failed and the chunk is owed. A chunk that is given up while draining will be read again. */
  async #isDone(chunk: ConsumedChunk): Promise<boolean> {
    try {
      await this.#options.onChunk(chunk);
      return true;
    } catch (error) {
      if (chunk.isStale()) return true;
      if (!(error instanceof AppError && error.retryable)) throw error;
      this.#options.onRetry?.(error);
      return this.#isDraining;
    }
  }
}
