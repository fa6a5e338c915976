// test/support/thread-double.ts: encoder threads without threads: answers are given when the test says so, or never.
import type { BatchRequest, BatchSlot } from '../../shared/encoder/batch-message.ts';
import { unpackBatch } from '../../shared/encoder/batch-message.ts';
import type { StartThread, ThreadListener } from '../../shared/encoder/encoder-thread.ts';
import type { FromWorker, WorkerReady, WorkerStartFailure } from '../../shared/encoder/worker-protocol.ts';

const noTimings = { inputsMs: 0, encoderMs: 0, readingsMs: 0, headsMs: 0 };

/** One thread as the test sees it. */
export interface ThreadDouble {
  /** Batches received and not answered, oldest first. */
  readonly waiting: BatchRequest[];
  readonly provider: string;
  /** Rows of all batches received so far, by event count. */
  readonly received: number[];
  isAbandoned: boolean;
  isClosed: boolean;
  /** Answers the oldest batch: reading 0 of a row is its event count; rows in `failedRows` are said to be not finite. */
  answer(failedRows?: number[]): void;
  /** The oldest batch fails as a whole. */
  fail(reason: string): void;
  die(cause: unknown): void;
}

export interface ThreadDoubles {
  readonly startThread: StartThread;
  readonly threads: ThreadDouble[];
}

export interface ThreadDoubleOptions {
  /** First message of the n-th thread; ready on the CPU when absent. */
  readonly firstWord?: (at: number) => WorkerReady | WorkerStartFailure;
}

export const readyOnCpu: WorkerReady = {
  kind: 'ready',
  report: { asked: 'auto', provider: 'cpu', refused: [] },
  readingCount: 2,
  featureWidth: 3,
  outputWidth: 3,
};

/** Threads started through `startThread` appear in `threads`. */
export function createThreadDoubles({
  firstWord = () => readyOnCpu,
}: ThreadDoubleOptions = {}): ThreadDoubles {
  const threads: ThreadDouble[] = [];

  const startThread: StartThread = (settings) => {
    const at = threads.length;
    let listener: ThreadListener = { onMessage: () => {}, onEnd: () => {} };
    let slots: readonly BatchSlot[] = [];
    const say = (message: FromWorker) => listener.onMessage(message);

    const double: ThreadDouble = {
      waiting: [],
      received: [],
      provider: settings.provider,
      isAbandoned: false,
      isClosed: false,
      answer(failedRows = []) {
        const request = double.waiting.shift();
        const slot = request && slots[request.slot];
        if (!request || !slot) throw new Error('there is no batch to answer');
        const values = new Float32Array(slot.output);
        unpackBatch(slot.input, request).forEach(({ eventCount }, row) => {
          values.set([eventCount, at, eventCount / 100], row * 3);
        });
        say({ kind: 'answer', slot: request.slot, failedRows, timings: noTimings });
      },
      fail(reason) {
        const request = double.waiting.shift();
        if (!request) throw new Error('there is no batch to fail');
        say({ kind: 'failure', slot: request.slot, reason });
      },
      die: (cause) => listener.onEnd(cause),
    };
    function receive(request: BatchRequest): void {
      const slot = slots[request.slot];
      if (slot) double.received.push(...unpackBatch(slot.input, request).map(({ eventCount }) => eventCount));
      double.waiting.push(request);
    }

    threads.push(double);
    queueMicrotask(() => say(firstWord(at)));
    return {
      listen(next) {
        listener = next;
      },
      post(message) {
        if (message.kind === 'slots') slots = message.slots;
        if (message.kind === 'usage') say({ kind: 'usage', cpuMs: 5 });
        if (message.kind === 'batch') receive(message);
        if (message.kind === 'close') {
          double.isClosed = true;
          queueMicrotask(() => listener.onEnd(undefined));
        }
      },
      abandon() {
        double.isAbandoned = true;
      },
    };
  };
  return { startThread, threads };
}
