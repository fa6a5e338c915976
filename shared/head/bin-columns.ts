// shared/head/bin-columns.ts: columns of numbers → at most 256 bins each, finer in the tails, for histograms.

export interface BinnedColumns {
  /** Ascending; bin of a value = how many cuts lie below it. A value equal to a cut is not above it. */
  readonly cuts: readonly Float32Array[];
  /** Per column, the bin of every row. */
  readonly bins: readonly Uint8Array[];
  /** Columns with more than one value. */
  readonly usable: readonly number[];
}

/** Quantiles at which cuts lie: even ones, and the upper tail at ever smaller shares, where fraud is. */
const quantiles: readonly number[] = [
  ...Array.from({ length: 160 }, (_, index) => (index + 1) / 161),
  ...Array.from({ length: 70 }, (_, index) => 1 - 0.05 * 0.93 ** index),
  ...Array.from({ length: 24 }, (_, index) => 0.03 * 0.85 ** index),
].sort((left, right) => left - right);

/** @param values (rows, columns), row-major */
export function binColumns({
  inputs,
  values,
}: {
  readonly inputs: readonly string[];
  readonly values: Float32Array;
}): BinnedColumns {
  const width = inputs.length;
  const rows = width === 0 ? 0 : values.length / width;
  const cuts: Float32Array[] = [];
  const bins: Uint8Array[] = [];
  for (let column = 0; column < width; column++) {
    const own = Float32Array.from({ length: rows }, (_, row) => values[row * width + column] ?? 0);
    const edges = toCuts(own.slice().sort());
    cuts.push(edges);
    bins.push(edges.length === 0 ? new Uint8Array(0) : toBins(own, edges));
  }
  return {
    cuts,
    bins,
    usable: inputs.flatMap((_, column) => ((cuts[column]?.length ?? 0) > 0 ? [column] : [])),
  };
}

/** Distinct values at the quantiles, the largest left out: nothing lies above it. */
function toCuts(sorted: Float32Array): Float32Array {
  const last = sorted.length - 1;
  const largest = sorted[last] ?? 0;
  const edges: number[] = [];
  for (const quantile of quantiles) {
    const value = sorted[Math.floor(quantile * last)] ?? 0;
    if (value < largest && value !== edges.at(-1)) edges.push(value);
  }
  return Float32Array.from(edges);
}

function toBins(values: Float32Array, cuts: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => {
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cuts[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}
