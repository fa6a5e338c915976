// shared/lifecycle/start-worker.ts: starts a worker thread on a module of this package, from source (through tsx) and from dist alike.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

export interface WorkerStart {
  /** `import.meta.url` of the caller. */
  readonly beside: string;
  /** Module in the caller's folder, without extension: `encoder-worker`. */
  readonly name: string;
  readonly workerData: unknown;
}

/** @returns the running thread; failures to load the module arrive as its `error` event */
export function startWorker({ beside, name, workerData }: WorkerStart): Worker {
  if (!beside.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, beside), { workerData });
  const bootstrap = fileURLToPath(new URL('./source-worker.mjs', import.meta.url));
  return new Worker(bootstrap, { workerData, argv: [new URL(`./${name}.ts`, beside).href], execArgv: [] });
}
