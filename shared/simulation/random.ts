// shared/simulation/random.ts: seeded random draws: uniform, normal, exponential, and hashes that stand in for stored choices.
import { randomNormal } from 'd3-random';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const TWO_POW_MINUS_32 = 2 ** -32;
const WARM_UP = 16;

/** Mixes integers into 32 well-spread bits (murmur3's finalizer between words). The same words always give the same bits. */
export function mixBits(first: number, second: number, third = 0): number {
  let bits = Math.imul(first ^ 0x9e3779b9, 0x85ebca6b);
  bits = Math.imul((bits ^ (bits >>> 13)) + second, 0xc2b2ae35);
  bits = Math.imul((bits ^ (bits >>> 16)) + third, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** `mixBits` as a number in [0, 1): a choice that need not be stored because it can be made again. */
export function mixUnit(first: number, second: number, third = 0): number {
  return mixBits(first, second, third) * TWO_POW_MINUS_32;
}

/** One stream of random numbers. Two streams of the same seed give the same numbers for ever. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Whole number in [0, count). */
  integer(count: number): number;
  chance(probability: number): boolean;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** exp of a normal with this median and spread in ln. */
  logNormal(median: number, sigma: number): number;
  /** Mean 1 times `mean`. */
  exponential(mean: number): number;
  between(low: number, high: number): number;
}

/** @param seed any 32-bit integer */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(mixBits(seed, 0x51ed270b));
  for (let step = 0; step < WARM_UP; step += 1) generator.next();
  const uniform = () => (generator.next() >>> 0) * TWO_POW_MINUS_32;
  const normal = randomNormal.source(uniform)(0, 1);
  return {
    uniform,
    normal,
    integer: (count) => Math.floor(uniform() * count),
    chance: (probability) => uniform() < probability,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    exponential: (mean) => -Math.log(1 - uniform()) * mean,
    between: (low, high) => low + (high - low) * uniform(),
  };
}

/** One of `choices`, each as likely as its weight. */
export function pickWeighted<Choice>(
  random: Random,
  choices: readonly Choice[],
  weightOf: (choice: Choice) => number,
): Choice | undefined {
  let left = random.uniform() * choices.reduce((sum, choice) => sum + weightOf(choice), 0);
  for (const choice of choices) {
    left -= weightOf(choice);
    if (left < 0) return choice;
  }
  return choices.at(-1);
}

const LETTERS = 'abcdefghijkmnpqr';

/** Eight letters for 32 bits: ids without a digit in them, so that none can ever look like a card number. */
export function toLetters(bits: number): string {
  let letters = '';
  for (let shift = 28; shift >= 0; shift -= 4) letters += LETTERS[(bits >>> shift) & 15];
  return letters;
}
