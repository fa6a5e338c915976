// test/bench/bare-encoder-worker.ts: one thread that does nothing but run the encoder's graph, batch after batch.
import { parentPort, workerData } from 'node:worker_threads';
import { createInputs, writeChannels } from '../../shared/encoder/channels.ts';
import { toFeeds } from '../../shared/encoder/encoder-feeds.ts';
import { createOnnxBinding } from '../../shared/encoder/onnx-binding.ts';
import { sampleRows } from '../support/encoder-rows.ts';

/** What the thread is given once. */
export interface BareWorkerSettings {
  readonly encoderModel: Uint8Array;
}

/** Run batches of `rows` rows padded to `length` for about `milliseconds`. */
export interface BareRun {
  readonly length: number;
  readonly rows: number;
  readonly milliseconds: number;
}

export interface BareRunResult {
  readonly rows: number;
  readonly milliseconds: number;
}

const { encoderModel }: BareWorkerSettings = workerData;
const session = await createOnnxBinding().createSession(encoderModel, 'cpu');

async function measure({ length, rows, milliseconds }: BareRun): Promise<BareRunResult> {
  const inputs = createInputs(rows, length);
  // As many events as the padded length holds: its start event takes one position unless the window is full.
  const eventCount = length === 64 ? length : length - 1;
  sampleRows({ seed: 1, rows, eventCount, featureWidth: 0 }).forEach((row, at) => {
    writeChannels(row, inputs, at);
  });
  const feeds = toFeeds(inputs);
  await session.run(feeds);
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() - startedAt < milliseconds) {
    await session.run(feeds);
    done += rows;
  }
  return { rows: done, milliseconds: performance.now() - startedAt };
}

parentPort?.on('message', async (run: BareRun | 'close') => {
  if (run !== 'close') return parentPort?.postMessage(await measure(run));
  await session.release();
  parentPort?.close();
});
parentPort?.postMessage('ready');
