// shared/encoder-import/try-encoder.ts: a composed encoder run on histories of our making: shapes, finite, tells histories apart, blind to padding and to its batch; time per row.
import type { Binding, HostTensor, InferenceSession } from '../encoder/binding.ts';
import {
  CHANNEL_COUNT,
  createInputs,
  type EncoderInputs,
  ID_COUNT,
  LENGTH_BUCKETS,
} from '../encoder/channels.ts';
import { toFeeds } from '../encoder/encoder-feeds.ts';
import type { ForeignManifest } from './foreign-manifest.ts';
import { type RefusalReason, refuse } from './refusal.ts';

/** What a trial measured. */
export interface TrialFigures {
  /** Wall time of 1,000 rows at the longest padded length, one thread, ms. */
  readonly millisecondsPerThousandRows: number;
  /** Largest difference of an embedding between two padded lengths, and between alone and in a batch. */
  readonly paddingDifference: number;
  readonly batchDifference: number;
}

/** Float32 in another order of summation differs by about 1e-5 of the values' size. */
const MOST_DIFFERENCE = 2e-3;
const ROWS = 8;
/** Fewer than the shortest padded length holds: the same rows can be filled up further. */
const EVENTS = 12;
const TIMED_ROWS = 64;
const [SHORTEST = 20] = LENGTH_BUCKETS;
const LONGEST = LENGTH_BUCKETS[LENGTH_BUCKETS.length - 1] ?? SHORTEST;

/** Row `row` of made-up events, the same in any batch and at any padded length. */
function writeHistory(inputs: EncoderInputs, at: number, row: number): void {
  const { length } = inputs;
  for (let event = 0; event < EVENTS; event++) {
    const position = at * length + length - EVENTS + event;
    inputs.mask[position] = 1;
    // Channel 0 marks our start event; none of these is one.
    for (let channel = 1; channel < CHANNEL_COUNT; channel++) {
      inputs.channels[position * CHANNEL_COUNT + channel] = Math.sin(channel * 0.7 + event * 1.3 + row * 2.1);
    }
    for (let id = 0; id < ID_COUNT; id++) inputs.ids[position * ID_COUNT + id] = (event + id + row) % 3;
  }
}

function makeInputs(rows: readonly number[], length: number): EncoderInputs {
  const inputs = createInputs(rows.length, length);
  inputs.targets.fill(0);
  rows.forEach((row, at) => {
    writeHistory(inputs, at, row);
  });
  return inputs;
}

type Results = Readonly<Record<string, HostTensor>>;

/** ONNX Runtime's own words, under the reason that the stage gives them. */
async function orRefuse<Value>(reason: RefusalReason, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw refuse(/bad_alloc|allocate memory|out of memory/i.test(words) ? 'memory' : reason, words, cause);
  }
}

function checkShape(results: Results, manifest: ForeignManifest, rows: number): Float32Array {
  const { size } = manifest.outputs.embedding;
  for (const [name, { data, dims }] of Object.entries(results)) {
    if (name === 'embedding' && (dims.length !== 2 || dims[0] !== rows || dims[1] !== size)) {
      throw refuse(
        'shape',
        `The embedding of ${rows} rows has shape (${dims}); (${rows}, ${size}) was promised.`,
      );
    }
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw refuse('not-finite', `${name} holds ${data[at]} for a history of usual values.`);
  }
  const embedding = results.embedding?.data;
  if (embedding instanceof Float32Array) return embedding;
  throw refuse('shape', 'The embedding is not float32.');
}

/** Largest difference, over the size of the values. */
function differenceOf(left: Float32Array, right: Float32Array): number {
  let difference = 0;
  let size = 1e-6;
  left.forEach((value, at) => {
    difference = Math.max(difference, Math.abs(value - (right[at] ?? Number.NaN)));
    size = Math.max(size, Math.abs(value));
  });
  return difference / size;
}

async function measureTime(session: InferenceSession): Promise<number> {
  const rows = Array.from({ length: TIMED_ROWS }, (_, row) => row);
  const feeds = toFeeds(makeInputs(rows, LONGEST));
  await orRefuse('runtime', session.run(feeds));
  const startedAt = performance.now();
  await orRefuse('runtime', session.run(feeds));
  return ((performance.now() - startedAt) * 1000) / TIMED_ROWS;
}

/**
 * @throws AppError FRAUD_ENCODER_REFUSED with facts.reason
 */
export async function tryEncoder(
  binding: Binding,
  model: Uint8Array,
  manifest: ForeignManifest,
): Promise<TrialFigures> {
  const session = await orRefuse('runtime', binding.createSession(model, 'cpu'));
  try {
    const embed = async (rows: readonly number[], length: number): Promise<Float32Array> => {
      const results = await orRefuse('runtime', session.run(toFeeds(makeInputs(rows, length))));
      return checkShape(results, manifest, rows.length);
    };
    const all = Array.from({ length: ROWS }, (_, row) => row);
    const together = await embed(all, SHORTEST);
    const { size } = manifest.outputs.embedding;
    const first = together.subarray(0, size);
    const isConstant = all.every(
      (row) => differenceOf(first, together.subarray(row * size, (row + 1) * size)) < 1e-6,
    );
    if (isConstant) throw refuse('constant', `${ROWS} different histories have the same embedding.`);
    const paddingDifference = differenceOf(together, await embed(all, LONGEST));
    if (paddingDifference > MOST_DIFFERENCE) {
      throw refuse(
        'padding',
        `The same histories, filled up to ${SHORTEST} and to ${LONGEST} positions, have embeddings that differ by ${(100 * paddingDifference).toFixed(1)} %.`,
      );
    }
    const batchDifference = differenceOf(first, await embed([0], SHORTEST));
    if (batchDifference > MOST_DIFFERENCE) {
      throw refuse(
        'batch',
        `A history alone and among others differs by ${(100 * batchDifference).toFixed(1)} %.`,
      );
    }
    return { millisecondsPerThousandRows: await measureTime(session), paddingDifference, batchDifference };
  } finally {
    await session.release();
  }
}
