// shared/encoder/encoder-thread.ts: port to one encoder thread as the main thread sees it, and its adapter over node:worker_threads.
import { AppError } from '../errors.ts';
import { startWorker } from '../lifecycle/start-worker.ts';
import type { FromWorker, ToWorker, WorkerReady, WorkerSettings } from './worker-protocol.ts';

/** Listeners of one thread; each is called at any time, `onEnd` at most once and last. */
export interface ThreadListener {
  onMessage(message: FromWorker): void;
  /** The thread is gone; `cause` says why when it was not asked to close. */
  onEnd(cause: unknown): void;
}

export interface EncoderThread {
  /** Replaces the listener before it. */
  listen(listener: ThreadListener): void;
  post(message: ToWorker): void;
  /** Forget a thread that hangs: it no longer keeps the process alive. It cannot be stopped: terminating it inside a run aborts the process. */
  abandon(): void;
}

/** Starts one thread with its sessions; doubles start none. */
export type StartThread = (settings: WorkerSettings) => EncoderThread;

const silentListener: ThreadListener = { onMessage: () => {}, onEnd: () => {} };

/** The real thread: encoder-worker, from source or from dist alike. */
export const startWorkerThread: StartThread = (settings) => {
  // On NVIDIA cards since Ampere, matrix products in float32 are cut to 10 bits of mantissa (TF32) unless this says no: then a GPU would not
  // reproduce a CPU's decision. Node offers no option for it, and the library reads the environment of the process, not of a worker.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const worker = startWorker({ beside: import.meta.url, name: 'encoder-worker', workerData: settings });
  let current: ThreadListener = silentListener;
  let cause: unknown;
  worker.on('message', (message: FromWorker) => current.onMessage(message));
  worker.on('error', (error) => {
    cause = error;
  });
  worker.once('exit', () => current.onEnd(cause));
  return {
    listen(listener) {
      current = listener;
    },
    post: (message) => worker.postMessage(message),
    abandon() {
      current = silentListener;
      worker.unref();
    },
  };
};

/**
 * Waits for a thread's first word. Afterwards the pool listens instead.
 * @throws AppError the worker's own (FRAUD_PROVIDER_UNAVAILABLE, FRAUD_MODEL_INVALID), or FRAUD_ENCODER_FAILED when it ends or stays silent
 */
export function awaitReady(thread: EncoderThread, deadlineMs: number): Promise<WorkerReady> {
  return new Promise((resolve, reject) => {
    const fail = (detail: string, cause?: unknown) => {
      clearTimeout(timer);
      reject(new AppError('FRAUD_ENCODER_FAILED', { detail, cause }));
    };
    const timer = setTimeout(() => {
      thread.abandon();
      fail(`A worker was not ready after ${deadlineMs} ms.`);
    }, deadlineMs);
    thread.listen({
      onMessage(message) {
        clearTimeout(timer);
        if (message.kind === 'ready') resolve(message);
        else if (message.kind === 'start-failure') {
          reject(new AppError(message.code, { detail: message.detail }));
        }
      },
      onEnd: (cause) => fail('A worker ended before it was ready.', cause),
    });
  });
}
