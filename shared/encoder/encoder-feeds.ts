// shared/encoder/encoder-feeds.ts: the encoder's input buffers, one set per padded length, used again by every batch.
import type { HostTensor } from './binding.ts';
import {
  CHANNEL_COUNT,
  clearInputs,
  createInputs,
  type EncoderInputs,
  ID_COUNT,
  SURPRISE_POSITIONS,
} from './channels.ts';
import { TARGET_COUNT } from './targets.ts';

/** @returns cleared inputs of `rows` rows padded to `length`; valid until the next call for the same length. */
export type BorrowInputs = (length: number, rows: number) => EncoderInputs;

function firstRows(inputs: EncoderInputs, rows: number): EncoderInputs {
  const { length } = inputs;
  return {
    rows,
    length,
    channels: inputs.channels.subarray(0, rows * length * CHANNEL_COUNT),
    ids: inputs.ids.subarray(0, rows * length * ID_COUNT),
    mask: inputs.mask.subarray(0, rows * length),
    targets: inputs.targets.subarray(0, rows * SURPRISE_POSITIONS * TARGET_COUNT),
  };
}

/** Buffers grow to the largest batch seen of their length (the warm-up's, as a rule) and stay. */
export function createInputPool(): BorrowInputs {
  const pool = new Map<number, EncoderInputs>();
  return (length, rows) => {
    let whole = pool.get(length);
    if (whole === undefined || whole.rows < rows) {
      whole = createInputs(rows, length);
      pool.set(length, whole);
    }
    const inputs = firstRows(whole, rows);
    clearInputs(inputs);
    return inputs;
  };
}

/** The graph's inputs by name (shared/encoder/onnx-graph.ts). */
export function toFeeds(inputs: EncoderInputs): Record<string, HostTensor> {
  const { rows, length } = inputs;
  return {
    channels: { data: inputs.channels, dims: [rows, length, CHANNEL_COUNT] },
    ids: { data: inputs.ids, dims: [rows, length, ID_COUNT] },
    mask: { data: inputs.mask, dims: [rows, length] },
    targets: { data: inputs.targets, dims: [rows, SURPRISE_POSITIONS, TARGET_COUNT] },
  };
}
