// test/bench/encoder-pool.ts: what the encoder gives through its port: rows packed, crossed, encoded, read and scored, and what each of it costs.

import type { EncoderRow } from '../../shared/encoder/encoder.ts';
import type { OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';

/** Per row, microseconds; worker figures are wall time inside the worker, so they grow when cores are shared. */
export interface PoolFigures {
  readonly rowsPerSecond: number;
  /** Event loop of the main thread busy with packing, crossing and handing out. */
  readonly mainMicroseconds: number;
  readonly inputsMicroseconds: number;
  readonly encoderMicroseconds: number;
  readonly readingsMicroseconds: number;
  readonly headsMicroseconds: number;
  /** Processor time of the workers; undefined where the platform does not tell. */
  readonly workerCpuMicroseconds: number | undefined;
  readonly rowsPerBatch: number;
}

const ROWS_PER_CALL = 256;
const CALLS_IN_FLIGHT = 4;

/** Sends `rows` over and over, CALLS_IN_FLIGHT calls at a time, for `seconds`. */
async function load(encoder: OnnxEncoder, rows: readonly EncoderRow[], seconds: number): Promise<number> {
  const endsAt = performance.now() + seconds * 1000;
  let next = 0;
  let done = 0;
  const keepCalling = async () => {
    while (performance.now() < endsAt) {
      const from = next % rows.length;
      next += ROWS_PER_CALL;
      const encoded = await encoder.encodeMany(rows.slice(from, from + ROWS_PER_CALL));
      done += encoded.length;
    }
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, keepCalling));
  return done;
}

/** @param rows a multiple of 256 of them, with features when the encoder has heads */
export async function measurePool(
  encoder: OnnxEncoder,
  rows: readonly EncoderRow[],
  seconds: number,
): Promise<PoolFigures> {
  await load(encoder, rows, seconds / 4);
  const [before, usageBefore] = [encoder.activity(), await encoder.usageMs()];
  const loopBefore = performance.eventLoopUtilization();
  const startedAt = performance.now();
  const done = await load(encoder, rows, seconds);
  const elapsedMs = performance.now() - startedAt;
  const loop = performance.eventLoopUtilization(loopBefore);
  const [after, usageAfter] = [encoder.activity(), await encoder.usageMs()];
  const perRow = (milliseconds: number) => (1000 * milliseconds) / done;
  const hasUsage = usageBefore !== undefined && usageAfter !== undefined;
  return {
    rowsPerSecond: (1000 * done) / elapsedMs,
    mainMicroseconds: perRow(loop.active),
    inputsMicroseconds: perRow(after.inputsMs - before.inputsMs),
    encoderMicroseconds: perRow(after.encoderMs - before.encoderMs),
    readingsMicroseconds: perRow(after.readingsMs - before.readingsMs),
    headsMicroseconds: perRow(after.headsMs - before.headsMs),
    workerCpuMicroseconds: hasUsage ? perRow(usageAfter - usageBefore) : undefined,
    rowsPerBatch: done / (after.batches - before.batches),
  };
}
