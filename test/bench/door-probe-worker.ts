// test/bench/door-probe-worker.ts: a light caller on an event loop of its own, beside a generator that is busy: how soon what it sends is answered, and how late it was itself.
import { parentPort, workerData } from 'node:worker_threads';
import { runOpenLoop, type Target } from './load-generator.ts';

/** `requests`: sent one after the other, as text. */
export interface ProbeOrder {
  readonly target: Target;
  readonly requests: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

const { target, requests, perSecond, seconds }: ProbeOrder = workerData;
let next = 0;
const result = await runOpenLoop(target, () => Buffer.from(requests[next++ % requests.length] ?? ''), {
  perSecond,
  seconds,
  connections: 16,
});
parentPort?.postMessage(result);
