// shared/drift/bins.ts: a column's values → few bins, close together in both tails: fraud lives in a tail of a fraction of a percent.

/** Shares of the reference below each edge. */
const LEVELS = [0.002, 0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998];

/** Upper ends of the bins, ascending, from the least to the largest value of the reference. */
export type BinEdges = readonly number[];

/** Values of the reference → edges. Ties share one: a column of 0 and 1 has two. What is not finite is no edge. */
export function chooseEdges(values: ArrayLike<number>): BinEdges {
  const sorted = Float64Array.from(values)
    .filter((value) => Number.isFinite(value))
    .sort();
  if (sorted.length === 0) return [0];
  const last = sorted.length - 1;
  const edges = [0, ...LEVELS, 1].map((level) => sorted[Math.round(level * last)] ?? 0);
  return edges.filter((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge));
}

/** One per edge (the values up to it), one above the largest, one for NaN. */
export const countBins = (edges: BinEdges): number => edges.length + 2;

/** Bin of a value: that of the first edge it does not exceed; above the reference; last, NaN. */
export function binOf(edges: BinEdges, value: number): number {
  if (Number.isNaN(value)) return edges.length + 1;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
