// shared/encoder/pool-member.ts: one encoder thread seen from the main thread: batches sent to it, answers awaited, a hang noticed.
import { AppError } from '../errors.ts';
import type { BatchAnswer } from './batch-message.ts';
import type { QueuedBatch } from './batching-queue.ts';
import type { EncoderThread } from './encoder-thread.ts';
import type { FromWorker } from './worker-protocol.ts';

/** Packs a batch for the crossing; buffers come back through `recycle`. */
export interface BatchPacker {
  pack(batch: QueuedBatch): { readonly buffer: ArrayBuffer; readonly featureWidth: number };
  recycle(buffer: ArrayBuffer): void;
}

export interface MemberOptions {
  readonly thread: EncoderThread;
  readonly packer: BatchPacker;
  /** A thread that holds a batch and says nothing for this long is given up. */
  readonly runDeadlineMs: number;
  readonly onAnswer: (batch: QueuedBatch, answer: BatchAnswer) => void;
  readonly onFailure: (batch: QueuedBatch, error: AppError) => void;
  /** After every answer or failure: the member may take more. */
  readonly onFree: () => void;
  /** The thread hangs or died; its batches have failed already. Not called after `close`. */
  readonly onLost: () => void;
}

export interface PoolMember {
  /** Batches sent and not answered. */
  inFlight(): number;
  send(batch: QueuedBatch): void;
  /** Processor time of the thread so far; undefined where unknown. */
  usageMs(): Promise<number | undefined>;
  /** Call when nothing is in flight. Resolves when the thread has ended by itself. */
  close(): Promise<void>;
}

const failed = (detail: string, cause?: unknown): AppError =>
  new AppError('FRAUD_ENCODER_FAILED', { detail, cause });

/** A deadline that every sign of life moves. */
interface RunWatch {
  /** @param isWaiting whether an answer is owed from now on */
  restart(isWaiting: boolean): void;
  stop(): void;
}

/** A main thread that was blocked itself finds timer and answer due together; one more round of the event loop lets the answer win. */
function createRunWatch(deadlineMs: number, onSilence: () => void): RunWatch {
  let timer: NodeJS.Timeout | undefined;
  let restarts = 0;
  const stop = () => {
    restarts++;
    clearTimeout(timer);
  };
  return {
    stop,
    restart(isWaiting) {
      stop();
      if (!isWaiting) return;
      const restartsBefore = restarts;
      timer = setTimeout(() => {
        setImmediate(() => {
          if (restarts === restartsBefore) onSilence();
        });
      }, deadlineMs);
    },
  };
}

/** Watches a thread that is ready. */
export function createPoolMember(options: MemberOptions): PoolMember {
  const { thread, packer, runDeadlineMs } = options;
  const batches = new Map<number, QueuedBatch>();
  const usageWaiters: ((cpuMs: number | undefined) => void)[] = [];
  const closeWaiters: (() => void)[] = [];
  let nextBatchId = 0;
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

  function settle(message: Extract<FromWorker, { batchId: number }>): void {
    const batch = batches.get(message.batchId);
    if (!batch) return;
    batches.delete(message.batchId);
    watch.restart(batches.size > 0);
    packer.recycle(message.buffer);
    if (message.kind === 'answer') options.onAnswer(batch, message);
    else options.onFailure(batch, failed(message.reason));
    options.onFree();
  }

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
      const { buffer, featureWidth } = packer.pack(batch);
      const batchId = nextBatchId++;
      batches.set(batchId, batch);
      const { length, entries } = batch;
      thread.post({ kind: 'batch', batchId, buffer, rowCount: entries.length, length, featureWidth }, [
        buffer,
      ]);
      if (batches.size === 1) watch.restart(true);
    },
    usageMs() {
      if (isOver) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        usageWaiters.push(resolve);
        thread.post({ kind: 'usage' }, []);
      });
    },
    close() {
      if (isOver) return Promise.resolve();
      return new Promise((resolve) => {
        closeWaiters.push(resolve);
        thread.post({ kind: 'close' }, []);
      });
    },
  };
}
