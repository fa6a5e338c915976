// shared/encoder/batch-runner.ts: one batch inside a worker: inputs → encoder → readings → heads; owns sessions and buffers.
import {
  type BatchShape,
  type BatchSlot,
  type BatchTimings,
  type PackedRow,
  unpackBatch,
} from './batch-message.ts';
import { BATCH_POSITIONS, fixedSizes, mostRows, paddedRows } from './batch-sizes.ts';
import type { Binding, InferenceSession, ProviderName } from './binding.ts';
import { writeChannels } from './channels.ts';
import { type BorrowInputs, createInputPool, toFeeds } from './encoder-feeds.ts';
import { createHeadRunner, type HeadRunner } from './head-runner.ts';
import { proveSession } from './prove-session.ts';
import { chooseProvider, type ProviderReport } from './provider-chain.ts';
import { type EncoderOutputs, readingLayout, toEncoderOutputs, writeReadings } from './readings.ts';
import type { WorkerSettings } from './worker-protocol.ts';

/** What became of a batch, beside the values in its slot. */
export interface BatchResult {
  /** Rows whose readings or first raw score are not finite. */
  readonly failedRows: readonly number[];
  readonly timings: BatchTimings;
}

export interface BatchRunner {
  readonly report: ProviderReport;
  readonly readingCount: number;
  /** Velocity features the heads expect; 0 without heads. */
  readonly featureWidth: number;
  /** Values per row of a slot's output. */
  readonly outputWidth: number;
  /** Runs must not overlap: the buffers are shared. */
  run(slot: BatchSlot, shape: BatchShape): Promise<BatchResult>;
  release(): Promise<void>;
}

interface Parts {
  readonly settings: WorkerSettings;
  readonly session: InferenceSession;
  readonly report: ProviderReport;
  readonly heads: HeadRunner;
  readonly borrow: BorrowInputs;
  readonly readingCount: number;
}

interface Encoded {
  readonly outputs: EncoderOutputs;
  readonly inputsMs: number;
}

/** Most padded positions of one batch on `provider`. */
export function batchPositions(
  settings: Pick<WorkerSettings, 'maxBatchPositions'>,
  provider: ProviderName,
): number {
  return settings.maxBatchPositions ?? BATCH_POSITIONS[provider];
}

/**
 * Neighbours with the same events differ in features alone and share one pass: what reasons by occlusion ask for.
 * Others are told apart at their first bytes, so that looking costs a batch nothing to speak of.
 */
function shareEqualPasses(rows: readonly PackedRow[]): {
  readonly passes: readonly PackedRow[];
  readonly passOf: readonly number[];
} {
  const passes: PackedRow[] = [];
  const passOf = rows.map((row) => {
    const last = passes.at(-1);
    if (!last || Buffer.compare(last.events, row.events) !== 0) passes.push(row);
    return passes.length - 1;
  });
  return { passes, passOf };
}

/** Runs the encoder on `rows`, padded to `length`. */
async function encode(parts: Parts, rows: readonly PackedRow[], length: number): Promise<Encoded> {
  const startedAt = performance.now();
  const { provider } = parts.report;
  const sizes = fixedSizes(provider, mostRows(batchPositions(parts.settings, provider), length));
  const inputs = parts.borrow(length, paddedRows(sizes, rows.length));
  rows.forEach((row, at) => {
    writeChannels(row, inputs, at);
  });
  const inputsMs = performance.now() - startedAt;
  return { outputs: toEncoderOutputs(await parts.session.run(toFeeds(inputs)), inputs), inputsMs };
}

/**
 * Rows of `values`, `stride` wide, whose readings or first raw score are not finite. Other heads shadow the first: their numbers fail
 * nothing. Nor do NaN raw scores of rows without features.
 */
function findFailedRows(rows: readonly PackedRow[], values: Float32Array, readingCount: number): number[] {
  const stride = values.length / rows.length;
  const judged = Math.min(stride, readingCount + 1);
  return rows.flatMap((row, at) => {
    const end = at * stride + (row.features ? judged : readingCount);
    for (let place = at * stride; place < end; place++) {
      if (!Number.isFinite(values[place])) return [at];
    }
    return [];
  });
}

async function runBatch(parts: Parts, slot: BatchSlot, shape: BatchShape): Promise<BatchResult> {
  const startedAt = performance.now();
  const rows = unpackBatch(slot.input, shape);
  const { passes, passOf } = shareEqualPasses(rows);
  const { outputs, inputsMs } = await encode(parts, passes, shape.length);
  const encodedAt = performance.now();
  const { readingCount, heads } = parts;
  const stride = readingCount + heads.count;
  const values = new Float32Array(slot.output, 0, rows.length * stride);
  rows.forEach(({ portfolioIndex }, at) => {
    const reference = parts.settings.references[portfolioIndex];
    if (reference) writeReadings(outputs, passOf[at] ?? at, reference, { into: values, at: at * stride });
  });
  const readAt = performance.now();
  const rawScores = await heads.run(rows, (at) => values.subarray(at * stride, at * stride + readingCount));
  rows.forEach((_, at) => {
    values.set(rawScores.subarray(at * heads.count, (at + 1) * heads.count), at * stride + readingCount);
  });
  const timings = {
    inputsMs,
    encoderMs: encodedAt - startedAt - inputsMs,
    readingsMs: readAt - encodedAt,
    headsMs: performance.now() - readAt,
  };
  return { failedRows: findFailedRows(rows, values, readingCount), timings };
}

/**
 * Loads encoder and heads and warms them.
 * @throws AppError FRAUD_PROVIDER_UNAVAILABLE, FRAUD_MODEL_INVALID
 */
export async function startBatchRunner(settings: WorkerSettings, binding: Binding): Promise<BatchRunner> {
  const borrow = createInputPool();
  const { encoderModel: model, provider: choice } = settings;
  const maxBatchPositions = (provider: ProviderName) => batchPositions(settings, provider);
  const proof = { binding, model, maxBatchPositions, borrow };
  const { session, report } = await chooseProvider({
    binding,
    model,
    choice,
    prove: (candidate, provider) => proveSession(proof, candidate, provider),
  });
  const readingCount = readingLayout(settings.config).count;
  const heads = await createHeadRunner(binding, settings.heads, readingCount);
  const parts: Parts = { settings, session, report, heads, borrow, readingCount };
  return {
    report,
    readingCount,
    featureWidth: heads.featureWidth,
    outputWidth: readingCount + heads.count,
    run: (slot, shape) => runBatch(parts, slot, shape),
    async release() {
      await session.release();
      await heads.release();
    },
  };
}
