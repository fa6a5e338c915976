// shared/drift/random-signs.ts: fixed random directions of ±1: projections that keep distances without knowing what to look for.

/** `count` vectors of `width` signs; the same seed always gives the same ones. */
export function createRandomSigns(seed: number, count: number, width: number): Int8Array[] {
  let state = seed >>> 0 || 1;
  // xorshift32 (Marsaglia, Xorshift RNGs, 2003): 32 bits of state are plenty for a few hundred signs.
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 31;
  };
  return Array.from({ length: count }, () => Int8Array.from({ length: width }, () => (next() ? 1 : -1)));
}
