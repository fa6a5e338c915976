// shared/drift/distances.ts: how far two binned distributions lie apart, by the three figures that people in the field know.

/** Of a share that is zero: keeps logarithms finite. The usual constant of PSI reports. */
const LEAST_SHARE = 1e-4;

export interface Distances {
  /** Population stability index, nats, ≥ 0; by custom below .1 nothing happened, above .25 much did. */
  readonly populationStability: number;
  /** Jensen–Shannon divergence in bits, 0 … 1. */
  readonly jensenShannon: number;
  /** Kolmogorov–Smirnov: largest difference of the cumulative shares at an edge, 0 … 1. */
  readonly kolmogorovSmirnov: number;
}

function toShares(counts: Float64Array): number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  return Array.from(counts, (count) => (sum > 0 ? count / sum : 0));
}

/** Term of a relative entropy, in bits; 0 · log 0 is 0. */
const bits = (share: number, of: number): number => (share > 0 ? share * Math.log2(share / of) : 0);

/** @param recent counts by bin, in the order of the values; @param reference the same bins */
export function measureDistances(recent: Float64Array, reference: Float64Array): Distances {
  const [now, before] = [toShares(recent), toShares(reference)];
  let populationStability = 0;
  let jensenShannon = 0;
  let kolmogorovSmirnov = 0;
  let gap = 0;
  for (const [bin, share] of now.entries()) {
    const other = before[bin] ?? 0;
    const [one, two] = [Math.max(share, LEAST_SHARE), Math.max(other, LEAST_SHARE)];
    populationStability += (one - two) * Math.log(one / two);
    const middle = (share + other) / 2;
    jensenShannon += (bits(share, middle) + bits(other, middle)) / 2;
    gap += share - other;
    kolmogorovSmirnov = Math.max(kolmogorovSmirnov, Math.abs(gap));
  }
  return { populationStability, jensenShannon, kolmogorovSmirnov };
}
