// shared/encoder-import/rebin.ts: probabilities in somebody's amount bins → probabilities in ours, by how far the bins overlap.
import { AMOUNT_BIN_WIDTH, AMOUNT_BINS, AMOUNT_FIRST_EDGE } from '../features/population-reference.ts';

/** Our bins, the open ones closed one bin width out. */
const lowerEdgeOf = (bin: number): number => AMOUNT_FIRST_EDGE + (bin - 1) * AMOUNT_BIN_WIDTH;
const lowest = lowerEdgeOf(0);
const highest = lowerEdgeOf(AMOUNT_BINS);

/** Share of [from, to) that lies in our `bin`; what lies outside all bins belongs to the outer ones. */
function shareOf(from: number, to: number, bin: number): number {
  const lower = bin === 0 ? Number.NEGATIVE_INFINITY : lowerEdgeOf(bin);
  const upper = bin === AMOUNT_BINS - 1 ? Number.POSITIVE_INFINITY : lowerEdgeOf(bin + 1);
  return Math.max(0, Math.min(to, upper) - Math.max(from, lower)) / (to - from);
}

/**
 * (edges + 1, AMOUNT_BINS), row-major: the share of each of their bins that belongs to each of ours; rows add up to 1.
 * Inside a bin probability is taken to be even; their open bins reach as far as ours do, or one bin width beyond their edge.
 * @param edges ascending, in ln(amount over the currency's median)
 */
export function rebinningMatrix(edges: readonly number[]): Float32Array {
  const first = edges[0] ?? 0;
  const last = edges[edges.length - 1] ?? 0;
  const bounds = [
    Math.min(lowest, first - AMOUNT_BIN_WIDTH),
    ...edges,
    Math.max(highest, last + AMOUNT_BIN_WIDTH),
  ];
  const matrix = new Float32Array((edges.length + 1) * AMOUNT_BINS);
  for (let row = 0; row <= edges.length; row++) {
    for (let bin = 0; bin < AMOUNT_BINS; bin++) {
      matrix[row * AMOUNT_BINS + bin] = shareOf(bounds[row] ?? 0, bounds[row + 1] ?? 0, bin);
    }
  }
  return matrix;
}
