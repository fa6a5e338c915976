// shared/encoder/encoder-worker.ts: the thread that owns ONNX Runtime: takes packed batches one after another, answers, ends by itself when closed.
import { readFileSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { BatchRequest, BatchSlot } from './batch-message.ts';
import { type BatchRunner, startBatchRunner } from './batch-runner.ts';
import { createOnnxBinding } from './onnx-binding.ts';
import { type FromWorker, type ToWorker, toStartFailure, type WorkerSettings } from './worker-protocol.ts';

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Linux's USER_HZ, 100 on every architecture Node runs on: /proc counts processor time in 10 ms. */
const TICK_MS = 10;

/** Processor time of this thread; Node 20 cannot tell, Linux can: fields 14 and 15 of the thread's stat line. */
function threadCpuMs(): number | undefined {
  try {
    const line = readFileSync('/proc/thread-self/stat', 'utf8');
    // The thread's name (field 2) may hold spaces; it ends at the last parenthesis.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** On Linux every thread has a priority of its own, under its thread id. */
function yieldToOthers(niceness: number): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {
    // No such platform: the queue's limit still keeps this thread's share small.
  }
}

async function answer(
  runner: BatchRunner,
  slots: readonly BatchSlot[],
  request: BatchRequest,
): Promise<void> {
  const { slot: at } = request;
  try {
    const slot = slots[at];
    if (!slot) throw new AppError('FRAUD_ENCODER_FAILED', { detail: `There is no slot ${at}.` });
    post({ kind: 'answer', slot: at, ...(await runner.run(slot, request)) });
  } catch (cause) {
    post({ kind: 'failure', slot: at, reason: cause instanceof Error ? cause.message : String(cause) });
  }
}

async function release(runner: BatchRunner): Promise<void> {
  await runner.release();
  // With its port closed nothing keeps this thread alive: it ends by itself. Terminating it during a run would abort the process.
  parentPort?.close();
}

function serve(runner: BatchRunner): void {
  let slots: readonly BatchSlot[] = [];
  // One after another: a second batch may already be waiting in the port while the first one runs.
  let last = Promise.resolve();
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'slots') slots = message.slots;
    else if (message.kind === 'usage') post({ kind: 'usage', cpuMs: threadCpuMs() });
    else if (message.kind === 'close') last = last.then(() => release(runner));
    else last = last.then(() => answer(runner, slots, message));
  });
}

async function start(settings: WorkerSettings): Promise<void> {
  try {
    if (settings.niceness !== undefined) yieldToOthers(settings.niceness);
    const runner = await startBatchRunner(settings, createOnnxBinding());
    serve(runner);
    const { report, readingCount, featureWidth, outputWidth } = runner;
    post({ kind: 'ready', report, readingCount, featureWidth, outputWidth });
  } catch (cause) {
    post(toStartFailure(cause));
    parentPort?.close();
  }
}

await start(workerData);
