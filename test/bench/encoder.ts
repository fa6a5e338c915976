// test/bench/encoder.ts: what ONNX Runtime alone does on this machine: one-thread workers on every core, best batch, same graph and row lengths.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { paddedLengthOf } from '../../shared/encoder/channels.ts';
import { startWorker } from '../../shared/lifecycle/start-worker.ts';
import type { BareRun, BareRunResult } from './bare-encoder-worker.ts';
import { median } from './bench-report.ts';

export interface BareEncoderLoad {
  /** ONNX bytes. */
  readonly encoderModel: Uint8Array;
  /** Event counts of the rows to stand for, e.g. of every row a stream bench scores. */
  readonly eventCounts: Iterable<number>;
  /** One-thread workers; default one per core. */
  readonly workers?: number;
  /** Length of one measurement; default 400 ms. */
  readonly milliseconds?: number;
  /** Measurements per batch size, interleaved; the median counts; default 3. */
  readonly repeats?: number;
}

/** Rows per second of one padded length, all workers together. */
export interface LengthFigures {
  readonly length: number;
  /** Share of the rows that have this padded length. */
  readonly share: number;
  readonly bestBatch: number;
  readonly rowsPerSecond: number;
  /** Median per batch size. */
  readonly byBatch: Readonly<Record<number, number>>;
}

export interface BareEncoderFigures {
  readonly workers: number;
  /** Rows per second at the mix of lengths: each length at its best batch. */
  readonly rowsPerSecond: number;
  readonly lengths: readonly LengthFigures[];
}

const BATCH_SIZES = [8, 16, 32, 64] as const;

function sharesOf(eventCounts: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  let total = 0;
  for (const eventCount of eventCounts) {
    const length = paddedLengthOf(eventCount);
    counts.set(length, (counts.get(length) ?? 0) + 1);
    total++;
  }
  return new Map(
    [...counts].sort(([left], [right]) => left - right).map(([length, count]) => [length, count / total]),
  );
}

/** All workers at the same time, as they would be in service. */
async function runTogether(workers: readonly Worker[], run: BareRun): Promise<number> {
  const rates = workers.map(async (worker) => {
    const answer = once(worker, 'message');
    worker.postMessage(run);
    const [result]: BareRunResult[] = await answer;
    return result ? (1000 * result.rows) / result.milliseconds : Number.NaN;
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
}

async function measureLength(
  workers: readonly Worker[],
  [length, share]: readonly [number, number],
  { milliseconds = 400, repeats = 3 }: Pick<BareEncoderLoad, 'milliseconds' | 'repeats'>,
): Promise<LengthFigures> {
  const rates = new Map<number, number[]>(BATCH_SIZES.map((rows) => [rows, []]));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [rows, each] of rates) each.push(await runTogether(workers, { length, rows, milliseconds }));
  }
  const byBatch = [...rates].map(([rows, each]) => [rows, median(each)] as const);
  const [bestBatch, rowsPerSecond] = byBatch.reduce((best, next) => (next[1] > best[1] ? next : best));
  return { length, share, bestBatch, rowsPerSecond, byBatch: Object.fromEntries(byBatch) };
}

/** The figure that everything around the encoder is compared with. About `lengths × batches × repeats × milliseconds` long. */
export async function measureBareEncoder(load: BareEncoderLoad): Promise<BareEncoderFigures> {
  const count = load.workers ?? availableParallelism();
  const workerData = { encoderModel: load.encoderModel };
  const workers = Array.from({ length: count }, () =>
    startWorker({ beside: import.meta.url, name: 'bare-encoder-worker', workerData }),
  );
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const lengths: LengthFigures[] = [];
    for (const entry of sharesOf(load.eventCounts)) lengths.push(await measureLength(workers, entry, load));
    const secondsPerRow = lengths.reduce((sum, { share, rowsPerSecond }) => sum + share / rowsPerSecond, 0);
    return { workers: count, rowsPerSecond: 1 / secondsPerRow, lengths };
  } finally {
    for (const worker of workers) worker.postMessage('close');
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
  }
}
