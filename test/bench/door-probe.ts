// test/bench/door-probe.ts: a light caller beside a busy generator: what it sees is the service's, not the generator's.
import { once } from 'node:events';
import { startWorker } from '../../shared/lifecycle/start-worker.ts';
import type { ProbeOrder } from './door-probe-worker.ts';
import type { LoadResult } from './load-generator.ts';

/** On a thread of its own: its event loop is nearly idle, whatever the caller's has to do. */
export async function probeDoor(order: ProbeOrder): Promise<LoadResult> {
  const worker = startWorker({ beside: import.meta.url, name: 'door-probe-worker', workerData: order });
  const [result]: [LoadResult] = (await once(worker, 'message')) as [LoadResult];
  return result;
}
