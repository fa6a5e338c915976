// shared/encoder/worker-pool.ts: hands batches to encoder threads the moment they are free; says whether all of them still answer.
import { AppError } from '../errors.ts';
import type { BatchTimings } from './batch-message.ts';
import type { BatchingQueue, QueuedBatch } from './batching-queue.ts';
import type { EncoderThread } from './encoder-thread.ts';
import { deliverBatch, failBatch, type PendingCall } from './pending-call.ts';
import { type BatchLayout, createPoolMember, type PoolMember } from './pool-member.ts';

/** What the pool has done so far; sums over all workers. */
export interface PoolActivity extends BatchTimings {
  readonly batches: number;
  readonly rows: number;
}

export interface PoolOptions {
  readonly threads: readonly EncoderThread[];
  readonly queue: BatchingQueue;
  readonly layout: BatchLayout;
  readonly readingCount: number;
  readonly runDeadlineMs: number;
}

export interface WorkerPool {
  /** @throws AppError FRAUD_ENCODER_OVERLOADED, or FRAUD_ENCODER_FAILED when no worker is left or the pool is closing */
  submit(call: PendingCall): void;
  /** False from the first worker on that hung or died: the process should drain and restart. */
  isHealthy(): boolean;
  activity(): PoolActivity;
  /** Processor time of all workers so far, ms; undefined where the platform does not tell. */
  usageMs(): Promise<number | undefined>;
  /** Answers what was accepted, then lets every thread end by itself. */
  close(): Promise<void>;
}

/** Free workers first, each an even share; then, for busy ones, a full batch in advance, so that they never wait for this thread. */
function handOut(members: ReadonlySet<PoolMember>, queue: BatchingQueue): void {
  const free = [...members].filter((member) => member.inFlight() === 0);
  for (const [at, member] of free.entries()) {
    const batch = queue.take(free.length - at);
    if (batch) member.send(batch);
  }
  for (const member of members) {
    const batch = member.inFlight() === 1 ? queue.takeFull() : undefined;
    if (batch) member.send(batch);
  }
}

function createActivity() {
  const sums = { batches: 0, rows: 0, inputsMs: 0, encoderMs: 0, readingsMs: 0, headsMs: 0 };
  return {
    record(batch: QueuedBatch, timings: BatchTimings): void {
      sums.batches++;
      sums.rows += batch.entries.length;
      sums.inputsMs += timings.inputsMs;
      sums.encoderMs += timings.encoderMs;
      sums.readingsMs += timings.readingsMs;
      sums.headsMs += timings.headsMs;
    },
    read: (): PoolActivity => ({ ...sums }),
  };
}

async function sumUsage(members: ReadonlySet<PoolMember>): Promise<number | undefined> {
  const each = await Promise.all([...members].map((member) => member.usageMs()));
  return each.reduce<number | undefined>(
    (sum, usage) => (sum === undefined || usage === undefined ? undefined : sum + usage),
    0,
  );
}

/** Threads must be ready (`awaitReady`). */
export function createWorkerPool(options: PoolOptions): WorkerPool {
  const { queue, layout, readingCount, runDeadlineMs } = options;
  const activity = createActivity();
  const idleWaiters: (() => void)[] = [];
  const members = new Set<PoolMember>();
  let isHealthy = true;
  let isClosing = false;
  let isPumpDue = false;

  function pump(): void {
    handOut(members, queue);
    if (queue.positions() === 0) for (const waiter of idleWaiters.splice(0)) waiter();
  }

  /** Calls of one turn of the event loop leave as one batch: waking a thread costs more than a row. No waiting: the turn ends anyway. */
  function pumpSoon(): void {
    if (isPumpDue) return;
    isPumpDue = true;
    setImmediate(() => {
      isPumpDue = false;
      pump();
    });
  }

  function fail(batch: QueuedBatch, error: AppError): void {
    failBatch(batch, error);
    queue.release(batch);
  }

  function lose(member: PoolMember): void {
    isHealthy = false;
    members.delete(member);
    if (members.size === 0) {
      const error = new AppError('FRAUD_ENCODER_FAILED', { detail: 'No worker is left.' });
      for (const batch of queue.takeAll()) fail(batch, error);
    }
    pump();
  }

  for (const thread of options.threads) {
    const member = createPoolMember({
      thread,
      layout,
      runDeadlineMs,
      onAnswer(batch, { timings, failedRows }, values) {
        activity.record(batch, timings);
        deliverBatch(batch, { values, failedRows }, readingCount);
        queue.release(batch);
      },
      onFailure: fail,
      onFree: pump,
      onLost: () => lose(member),
    });
    members.add(member);
  }

  return {
    submit(call) {
      if (isClosing || members.size === 0) {
        const detail = isClosing ? 'The encoder is closing.' : 'No worker is left.';
        throw new AppError('FRAUD_ENCODER_FAILED', { detail });
      }
      queue.offer(call);
      pumpSoon();
    },
    isHealthy: () => isHealthy,
    activity: activity.read,
    usageMs: () => sumUsage(members),
    async close() {
      isClosing = true;
      if (queue.positions() > 0) await new Promise<void>((resolve) => idleWaiters.push(resolve));
      await Promise.all([...members].map((member) => member.close()));
    },
  };
}
