// shared/encoder/head-runner.ts: runs every head that shares the encoder's pass on readings ‖ features ‖ current event.
import { AppError } from '../errors.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { PackedRow } from './batch-message.ts';
import type { Binding, HostTensor, InferenceSession } from './binding.ts';
import { CURRENT_EVENT_COUNT, writeCurrentEvent } from './channels.ts';
import { mergedOutput, mergeHeads } from './merge-heads.ts';
import type { HeadGraph } from './worker-protocol.ts';

export interface HeadRunner {
  readonly count: number;
  /** Velocity features the heads expect; 0 without heads. */
  readonly featureWidth: number;
  /** Raw scores, `count` per row in row order; NaN for rows without features, and where a head after the first failed. `readingsOf(row)` gives a row's readings. */
  run(rows: readonly PackedRow[], readingsOf: (row: number) => Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

const invalid = (detail: string): AppError => new AppError('FRAUD_MODEL_INVALID', { detail });

/** Loads one head. @returns its session and the width D of its input `x` (B, D). */
async function loadHead(
  binding: Binding,
  head: HeadGraph,
): Promise<{ session: InferenceSession; width: number }> {
  const session = await binding.createSession(head.graph, 'cpu');
  const width = session.inputShape('x')?.[1];
  if (typeof width === 'number' && session.outputNames.includes('logit')) return { session, width };
  await session.release();
  throw invalid(`The head of ${head.modelVersion} must have an input x (B, D) and an output logit (B, 1).`);
}

function writeHeadInput(row: PackedRow, readings: Float32Array, into: Float32Array): void {
  into.set(readings, 0);
  if (row.features) into.set(row.features, readings.length);
  const eventAt = (row.eventCount - 1) * EVENT_BYTES;
  writeCurrentEvent(row.events, eventAt, into, into.length - CURRENT_EVENT_COUNT);
}

/** Further heads as one graph: each run costs more than its arithmetic. Undefined for fewer than two, and where they cannot be one. */
async function loadMerged(
  binding: Binding,
  heads: readonly HeadGraph[],
): Promise<InferenceSession | undefined> {
  if (heads.length < 2) return undefined;
  const graph = mergeHeads(heads.map((head) => head.graph));
  return graph && binding.createSession(graph, 'cpu').catch(() => undefined);
}

/** The output of each head, the champion's first. Only that one may fail the batch: where another one throws, its own is missing. */
async function runHeads(
  sessions: readonly InferenceSession[],
  merged: InferenceSession | undefined,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<(HostTensor | undefined)[]> {
  const [champion, ...others] = sessions;
  const first = (await champion?.run(inputs))?.logit;
  const together = await merged?.run(inputs).catch(() => undefined);
  if (together) return [first, ...others.map((_, place) => together[mergedOutput(place)])];
  const rest: (HostTensor | undefined)[] = [];
  // One after another: who threw in the merged run shows here.
  for (const session of others) {
    rest.push(
      await session.run(inputs).then(
        ({ logit }) => logit,
        () => undefined,
      ),
    );
  }
  return [first, ...rest];
}

/** @returns a function that gives zeroed values, the same memory at every call */
function createZeroedBuffer(): (length: number) => Float32Array {
  let memory = new Float32Array(0);
  return (length) => {
    if (memory.length < length) memory = new Float32Array(length);
    return memory.subarray(0, length).fill(0);
  };
}

/**
 * Heads always run on the CPU: they are a thousandth of the encoder's arithmetic.
 * @throws AppError FRAUD_MODEL_INVALID when a graph is not a head or heads differ in what they expect
 */
export async function createHeadRunner(
  binding: Binding,
  heads: readonly HeadGraph[],
  readingCount: number,
): Promise<HeadRunner> {
  const loaded = await Promise.all(heads.map((head) => loadHead(binding, head)));
  const sessions = loaded.map(({ session }) => session);
  const merged = await loadMerged(binding, heads.slice(1));
  const widths = new Set(loaded.map(({ width: each }) => each));
  const width = Math.max(0, ...widths);
  const featureWidth = heads.length === 0 ? 0 : width - readingCount - CURRENT_EVENT_COUNT;
  if (widths.size > 1 || featureWidth < 0) {
    throw invalid(
      `Heads expect ${[...widths].join(', ')} inputs; readings and current event alone are ${readingCount + CURRENT_EVENT_COUNT}.`,
    );
  }

  const borrowZeroed = createZeroedBuffer();

  async function run(
    rows: readonly PackedRow[],
    readingsOf: (row: number) => Float32Array,
  ): Promise<Float32Array> {
    const rawScores = new Float32Array(rows.length * sessions.length).fill(Number.NaN);
    const scored = rows.flatMap(({ features }, at) => (features ? [at] : []));
    if (scored.length === 0 || sessions.length === 0) return rawScores;
    const x = borrowZeroed(scored.length * width); // (B, D)
    scored.forEach((at, place) => {
      const row = rows[at];
      if (row) writeHeadInput(row, readingsOf(at), x.subarray(place * width, (place + 1) * width));
    });
    const inputs = { x: { data: x, dims: [scored.length, width] } };
    const outputs = await runHeads(sessions, merged, inputs);
    for (const [head, logit] of outputs.entries()) {
      scored.forEach((at, place) => {
        rawScores[at * sessions.length + head] = logit?.data[place] ?? Number.NaN;
      });
    }
    return rawScores;
  }

  return {
    count: sessions.length,
    featureWidth,
    run,
    async release() {
      for (const session of sessions) await session.release();
      await merged?.release();
    },
  };
}
