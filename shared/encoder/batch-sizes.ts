// shared/encoder/batch-sizes.ts: how many rows one run takes: exactly those at hand on CPU, a few fixed shapes on GPUs.
import type { ProviderName } from './binding.ts';

/**
 * Rows × padded length of one batch, at most. CPU: 32 rows of 64 (8–32 rows are the fastest, 128 slower; measured with ONNX Runtime 1.30).
 * GPUs: 256 rows of 64, so that launch costs are spread over enough work; not measured on a card yet.
 */
export const BATCH_POSITIONS: Readonly<Record<ProviderName, number>> = {
  cuda: 16_384,
  webgpu: 16_384,
  cpu: 2_048,
};

/** Most rows of one batch of padded length `length`. */
export function mostRows(maxBatchPositions: number, length: number): number {
  return Math.max(1, Math.floor(maxBatchPositions / length));
}

/** GPU memory arenas and kernel choices settle per shape, so GPUs see only these: all, an eighth, a sixty-fourth of the largest. */
const SIZE_STEPS = [1, 8, 64] as const;

/** Batch sizes a provider is run with at one padded length, largest first; undefined means "any". */
export function fixedSizes(provider: ProviderName, most: number): readonly number[] | undefined {
  if (provider === 'cpu') return undefined;
  return [...new Set(SIZE_STEPS.map((step) => Math.max(1, Math.ceil(most / step))))];
}

/** Rows to run for `rows` real ones: the smallest fixed size that holds them. */
export function paddedRows(sizes: readonly number[] | undefined, rows: number): number {
  return sizes?.findLast((size) => size >= rows) ?? rows;
}
