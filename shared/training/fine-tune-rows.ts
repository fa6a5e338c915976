// shared/training/fine-tune-rows.ts: labelled windows for fine-tuning: batches of encoder inputs beside the head's other inputs.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { clearInputs, createInputs, type EncoderInputs, writeChannels } from '../encoder/channels.ts';
import type { HeadRows } from '../head/fit-head.ts';

/** Rows with their windows. `others` holds what the head sees beside the embedding (features, current event), and the labels. */
export interface FineTuneRows {
  readonly others: HeadRows;
  /** Packed events of the row's context, its own last. */
  windowOf(row: number): { readonly events: Uint8Array; readonly count: number };
}

/** One batch; buffers are used again by the next. */
export interface LabelledBatch {
  readonly inputs: EncoderInputs;
  readonly others: Float32Array; // (B, D), standardised
  readonly labels: Float32Array; // (B)
  readonly weights: Float32Array; // (B)
}

export function createLabelledBatch(rows: number, length: number, width: number): LabelledBatch {
  return {
    inputs: createInputs(rows, length),
    others: new Float32Array(rows * width),
    labels: new Float32Array(rows),
    weights: new Float32Array(rows),
  };
}

/** Fills `batch` with these rows; entries beyond them count nothing. */
export function fillBatch(
  batch: LabelledBatch,
  { others, windowOf }: FineTuneRows,
  standardised: Float32Array,
  rows: ArrayLike<number>,
): void {
  const width = others.inputs.length;
  clearInputs(batch.inputs);
  batch.weights.fill(0);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const { events, count } = windowOf(row);
    writeChannels({ events, eventCount: count }, batch.inputs, at);
    batch.others.set(standardised.subarray(row * width, (row + 1) * width), at * width);
    batch.labels[at] = others.labels[row] ?? 0;
    batch.weights[at] = 1;
  }
}

/**
 * A drawer of rows: a share of frauds, the rest genuine. The same seed and step give the same rows,
 * whatever was drawn before.
 */
export function createRowDrawer(
  { others: { labels } }: FineTuneRows,
  { seed, rows, fraudShare }: { readonly seed: number; readonly rows: number; readonly fraudShare: number },
): (step: number) => Int32Array {
  const all = Array.from(labels.keys());
  const frauds = Int32Array.from(all.filter((row) => labels[row] === 1));
  const genuine = Int32Array.from(all.filter((row) => labels[row] !== 1));
  return (step) => {
    const generator = xoroshiro128plus((seed ^ Math.imul(step + 1, 0x85ebca6b)) | 0);
    return Int32Array.from({ length: rows }, () => {
      const wanted = uniformFloat64(generator) < fraudShare ? frauds : genuine;
      const from = wanted.length > 0 ? wanted : Int32Array.from(all);
      return from[uniformInt(generator, 0, from.length - 1)] ?? 0;
    });
  };
}
