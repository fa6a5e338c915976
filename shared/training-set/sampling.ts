// shared/training-set/sampling.ts: keeping a share of the genuine rows, the same ones always, and undoing it in weights or probabilities.

const HASHES = 2 ** 32;

/** How the query keeps genuine rows. */
export interface GenuineSample {
  /** Rows whose hash (8 hex digits) stands before this are kept. */
  readonly keepBelow: string;
  /** How many transactions a kept genuine row stands for. */
  readonly weight: number;
}

/** @param share of the genuine rows that are kept, 0 < share ≤ 1 */
export function sampleGenuine(share: number): GenuineSample {
  const below = Math.round(share * HASHES);
  // 'g' stands behind every hexadecimal digit.
  if (below >= HASHES) return { keepBelow: 'g', weight: 1 };
  return { keepBelow: Math.max(1, below).toString(16).padStart(8, '0'), weight: HASHES / Math.max(1, below) };
}

/**
 * The probability in the whole stream of what a model fitted without weights on the sampled rows calls `probability`: its odds counted
 * each genuine row once where there were 1 / share.
 */
export function correctSampledProbability(probability: number, share: number): number {
  return (share * probability) / (share * probability + (1 - probability));
}
