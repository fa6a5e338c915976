// shared/encoder/pool-member.ts: one encoder thread seen from the main thread: batches sent to it, answers awaited, a hang noticed.
import { AppError } from '../errors.ts';
import type { BatchAnswer, BatchFailure, BatchSlot } from './batch-message.ts';
import type { QueuedBatch } from './batching-queue.ts';
import type { EncoderThread } from './encoder-thread.ts';
import { createRunWatch } from './run-watch.ts';

/** How batches of one model are laid out. */
export interface BatchLayout {
  readonly featureWidth: number;
  /** Values per row that come back. */
  readonly outputWidth: number;
  createSlot(): BatchSlot;
  pack(batch: QueuedBatch, input: SharedArrayBuffer): void;
}

/** Batches a thread may hold: one that runs and one in advance. */
export const SLOTS_PER_MEMBER = 2;

export interface MemberOptions {
  readonly thread: EncoderThread;
  readonly layout: BatchLayout;
  /** A thread that holds a batch and says nothing for this long is given up. */
  readonly runDeadlineMs: number;
  /** `values`: outputWidth per row, the listener's to keep. */
  readonly onAnswer: (batch: QueuedBatch, answer: BatchAnswer, values: Float32Array) => void;
  readonly onFailure: (batch: QueuedBatch, error: AppError) => void;
  /** After every answer or failure: the member may take more. */
  readonly onFree: () => void;
  /** The thread hangs or died; its batches have failed already. Not called after `close`. */
  readonly onLost: () => void;
}

export interface PoolMember {
  /** Batches sent and not answered. */
  inFlight(): number;
  /** At most SLOTS_PER_MEMBER batches at a time. */
  send(batch: QueuedBatch): void;
  /** Processor time of the thread so far; undefined where unknown. */
  usageMs(): Promise<number | undefined>;
  /** Call when nothing is in flight. Resolves when the thread has ended by itself. */
  close(): Promise<void>;
}

const failed = (detail: string, cause?: unknown): AppError =>
  new AppError('FRAUD_ENCODER_FAILED', { detail, cause });

/** The output belongs to the next batch as soon as the slot is free: its values are copied out. */
function copyOutput(slot: BatchSlot, rows: number, width: number): Float32Array {
  return new Float32Array(slot.output, 0, rows * width).slice();
}

/** Watches a thread that is ready. */
export function createPoolMember(options: MemberOptions): PoolMember {
  const { thread, layout, runDeadlineMs } = options;
  const slots = Array.from({ length: SLOTS_PER_MEMBER }, layout.createSlot);
  /** By slot. */
  const batches = new Map<number, QueuedBatch>();
  const usageWaiters: ((cpuMs: number | undefined) => void)[] = [];
  const closeWaiters: (() => void)[] = [];
  let isOver = false;
  const watch = createRunWatch(runDeadlineMs, () => {
    thread.abandon();
    lose(failed(`A worker gave no answer for ${runDeadlineMs} ms and was abandoned.`));
  });

  function lose(error: AppError): void {
    if (isOver) return;
    isOver = true;
    watch.stop();
    for (const waiter of usageWaiters.splice(0)) waiter(undefined);
    const lost = [...batches.values()];
    batches.clear();
    for (const batch of lost) options.onFailure(batch, error);
    options.onLost();
  }

  function settle(message: BatchAnswer | BatchFailure): void {
    const batch = batches.get(message.slot);
    const slot = slots[message.slot];
    if (!batch || !slot) return;
    batches.delete(message.slot);
    watch.restart(batches.size > 0);
    if (message.kind === 'failure') options.onFailure(batch, failed(message.reason));
    else {
      options.onAnswer(batch, message, copyOutput(slot, batch.entries.length, layout.outputWidth));
    }
    options.onFree();
  }

  thread.post({ kind: 'slots', slots });
  thread.listen({
    onMessage(message) {
      if (message.kind === 'answer' || message.kind === 'failure') settle(message);
      else if (message.kind === 'usage') usageWaiters.shift()?.(message.cpuMs);
    },
    onEnd(cause) {
      if (closeWaiters.length === 0) return lose(failed('A worker ended unexpectedly.', cause));
      isOver = true;
      for (const waiter of closeWaiters.splice(0)) waiter();
    },
  });

  return {
    inFlight: () => batches.size,
    send(batch) {
      const at = slots.findIndex((_, index) => !batches.has(index));
      const slot = slots[at];
      if (!slot)
        return options.onFailure(batch, failed('A worker was given more batches than it has slots.'));
      layout.pack(batch, slot.input);
      batches.set(at, batch);
      const { length, entries } = batch;
      const { featureWidth } = layout;
      thread.post({ kind: 'batch', slot: at, rowCount: entries.length, length, featureWidth });
      if (batches.size === 1) watch.restart(true);
    },
    usageMs() {
      if (isOver) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        usageWaiters.push(resolve);
        thread.post({ kind: 'usage' });
      });
    },
    close() {
      if (isOver) return Promise.resolve();
      return new Promise((resolve) => {
        closeWaiters.push(resolve);
        thread.post({ kind: 'close' });
      });
    },
  };
}
