// shared/encoder/onnx-encoder.ts: Encoder on ONNX Runtime: a queue in front of worker threads that own the sessions.
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { inputBytes, packBatch } from './batch-message.ts';
import { BATCH_POSITIONS, mostRows } from './batch-sizes.ts';
import { createBatchingQueue } from './batching-queue.ts';
import type { ProviderChoice } from './binding.ts';
import { LENGTH_BUCKETS, paddedLengthOf } from './channels.ts';
import type { EncoderConfig } from './definition.ts';
import type { Encoder, EncoderRow } from './encoder.ts';
import { awaitReady, type EncoderThread, type StartThread, startWorkerThread } from './encoder-thread.ts';
import { callEncoder } from './pending-call.ts';
import type { BatchLayout } from './pool-member.ts';
import type { ProviderReport } from './provider-chain.ts';
import { createWorkerPool, type PoolActivity } from './worker-pool.ts';
import type { HeadGraph, WorkerReady, WorkerSettings } from './worker-protocol.ts';

export interface OnnxEncoderOptions {
  /** ONNX bytes of the encoder. */
  readonly encoderModel: Uint8Array;
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
  /** Heads that share the pass, champion first. */
  readonly heads: readonly HeadGraph[];
  /** By portfolio id; `*` serves portfolios that are not named. */
  readonly references: Readonly<Record<string, PopulationReference>>;
  /** FRAUD_ENCODER_PROVIDER; default `auto`. A provider asked for by name and absent stops the start. */
  readonly provider?: ProviderChoice;
  /** Threads on CPU; default one per core. A GPU has one: more sessions would only share its memory. */
  readonly workers?: number;
  /** Padded positions waiting or in flight above which calls are refused; default 2,048 rows of 64. */
  readonly queueLimitPositions?: number;
  /** Rows × padded length of one batch; default by provider. */
  readonly maxBatchPositions?: number;
  /** A worker that holds a batch and is silent for this long is abandoned; default 10 s (a batch takes milliseconds). */
  readonly runDeadlineMs?: number;
  /** Threads that let others go first: 1 … 19; 19 for shadows, which take the processor last. */
  readonly niceness?: number;
  /** Loading and warming; default 120 s (CUDA may compile kernels). */
  readonly startDeadlineMs?: number;
  /** Doubles only. */
  readonly startThread?: StartThread;
}

/** The port, and what a service shows of it. */
export interface OnnxEncoder extends Encoder {
  readonly providerReport: ProviderReport;
  readonly workers: number;
  readonly readingCount: number;
  /** Velocity features the heads expect; 0 without heads. */
  readonly featureWidth: number;
  /** False from the first worker on that hung or died: open the circuit, answer on lower tiers, drain and restart. */
  isHealthy(): boolean;
  activity(): PoolActivity;
  /** Processor time of the workers so far, ms; undefined where the platform does not tell. */
  usageMs(): Promise<number | undefined>;
}

const DEFAULT_QUEUE_ROWS = 2_048;
const LONGEST = LENGTH_BUCKETS[LENGTH_BUCKETS.length - 1] ?? 64;
const SHORTEST = LENGTH_BUCKETS[0];

interface StartedThreads {
  readonly threads: readonly EncoderThread[];
  readonly ready: WorkerReady;
}

/** The first thread finds the provider; only a CPU gets more threads, and they ask for it by name. */
async function startThreads(options: OnnxEncoderOptions, settings: WorkerSettings): Promise<StartedThreads> {
  const { startThread = startWorkerThread, startDeadlineMs = 120_000 } = options;
  const first = startThread(settings);
  const ready = await awaitReady(first, startDeadlineMs);
  if (ready.report.provider !== 'cpu') return { threads: [first], ready };
  const more = Math.max(1, options.workers ?? availableParallelism()) - 1;
  const others = Array.from({ length: more }, () => startThread({ ...settings, provider: 'cpu' }));
  const outcomes = await Promise.allSettled(others.map((thread) => awaitReady(thread, startDeadlineMs)));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) {
    // Half a pool is rolled back: those that did start end by themselves.
    for (const thread of [first, ...others]) thread.post({ kind: 'close' });
    throw failure.reason;
  }
  return { threads: [first, ...others], ready };
}

function createLayout(
  options: OnnxEncoderOptions,
  { featureWidth, outputWidth, report }: WorkerReady,
  indexOf: (portfolioId: string) => number,
): BatchLayout {
  const positions = Math.max(LONGEST, options.maxBatchPositions ?? BATCH_POSITIONS[report.provider]);
  const rows = mostRows(positions, SHORTEST);
  return {
    featureWidth,
    outputWidth,
    createSlot: () => ({
      input: new SharedArrayBuffer(inputBytes(rows, positions, featureWidth)),
      output: new SharedArrayBuffer(rows * outputWidth * 4),
    }),
    pack({ entries, length }, input) {
      const batchRows = entries.map(({ row }) => row);
      packBatch(batchRows, { rowCount: entries.length, length, featureWidth }, indexOf, input);
    },
  };
}

/** Index of a portfolio's reference; −1 when there is none. */
function createPortfolioIndex(references: OnnxEncoderOptions['references']): (portfolioId: string) => number {
  const indices = new Map(Object.keys(references).map((portfolioId, index) => [portfolioId, index]));
  const fallback = indices.get('*') ?? -1;
  return (portfolioId) => indices.get(portfolioId) ?? fallback;
}

/** Rows that cannot be encoded are the caller's mistake and must not reach a batch with others. */
function requireEncodable(row: EncoderRow, featureWidth: number, portfolioIndex: number): void {
  const invalid = (field: string, detail: string) => new AppError('FRAUD_INPUT_INVALID', { field, detail });
  if (row.eventCount < 1 || row.events.byteLength < row.eventCount * EVENT_BYTES) {
    throw invalid(
      'events',
      `Expected ${row.eventCount} ≥ 1 packed events, got ${row.events.byteLength} bytes.`,
    );
  }
  if (row.features.length > 0 && featureWidth > 0 && row.features.length !== featureWidth) {
    throw invalid('features', `The heads expect ${featureWidth} features, got ${row.features.length}.`);
  }
  if (portfolioIndex < 0) {
    throw invalid('portfolioId', 'There is no population reference for this portfolio, and none for *.');
  }
}

/**
 * Loads encoder and heads into worker threads and warms them. A champion with other heads is a new encoder: build it, switch, close the old one.
 * @throws AppError FRAUD_PROVIDER_UNAVAILABLE when the provider asked for is absent, FRAUD_MODEL_INVALID when a graph does not fit, FRAUD_ENCODER_FAILED when a worker does not start
 */
export async function createOnnxEncoder(options: OnnxEncoderOptions): Promise<OnnxEncoder> {
  const { encoderModel, config, heads, references, provider = 'auto', maxBatchPositions } = options;
  const settings: WorkerSettings = {
    encoderModel,
    config,
    heads,
    references: Object.values(references),
    provider,
    ...(maxBatchPositions === undefined ? {} : { maxBatchPositions }),
    ...(options.niceness !== undefined && { niceness: options.niceness }),
  };
  const { threads, ready } = await startThreads(options, settings);
  const { featureWidth, readingCount, report } = ready;
  const indexOf = createPortfolioIndex(references);
  const queue = createBatchingQueue({
    lengthOf: paddedLengthOf,
    maxBatchPositions: maxBatchPositions ?? BATCH_POSITIONS[report.provider],
    limitPositions: options.queueLimitPositions ?? DEFAULT_QUEUE_ROWS * LONGEST,
  });
  const layout = createLayout(options, ready, indexOf);
  const runDeadlineMs = options.runDeadlineMs ?? 10_000;
  const pool = createWorkerPool({ threads, queue, layout, readingCount, runDeadlineMs });
  return {
    encoderVersion: options.encoderVersion,
    provider: report.provider,
    providerReport: report,
    workers: threads.length,
    readingCount,
    featureWidth,
    async encodeMany(rows) {
      for (const row of rows) requireEncodable(row, featureWidth, indexOf(row.portfolioId));
      return callEncoder(rows, pool.submit);
    },
    queuedPositions: queue.positions,
    isHealthy: pool.isHealthy,
    activity: pool.activity,
    usageMs: pool.usageMs,
    close: pool.close,
  };
}
