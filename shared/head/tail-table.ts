// shared/head/tail-table.ts: how rare a value is in past unlabelled traffic, in bits, from the tail tables of a population reference.
import { TAIL_PROBABILITIES } from '../features/population-reference.ts';

const tailBits: readonly number[] = TAIL_PROBABILITIES.map((probability) => -Math.log2(probability));
const LAST = TAIL_PROBABILITIES.length - 1;
/** Index whose distance to the last one gives the slope beyond the table: .001, where a sample of 100,000 still holds a hundred rows. */
const SLOPE_FROM = TAIL_PROBABILITIES.indexOf(0.001);
/** Bits beyond the table's end are guesses: at most this many are added, so that ranks go on and no single value drowns the rest. */
const BEYOND_BITS = 10;

/**
 * Values exceeded by a share of TAIL_PROBABILITIES of `values`, ascending.
 * @param values one statistic over past traffic; NaN entries are left out
 */
export function buildTailTable(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values)
    .filter((value) => Number.isFinite(value))
    .sort();
  return TAIL_PROBABILITIES.map((probability) => {
    if (sorted.length === 0) return 0;
    const rank = Math.ceil((1 - probability) * sorted.length) - 1;
    return sorted[Math.max(0, Math.min(sorted.length - 1, rank))] ?? 0;
  });
}

/**
 * Bits of an upper tail: −log₂ P(a past value ≥ `value`), interpolated between table entries; from 0 to 1 below the median,
 * going on with the slope of the last entries beyond the table. Never falls when `value` rises.
 */
export function toTailBits(table: readonly number[], value: number): number {
  const median = table[0] ?? 0;
  const last = table[LAST] ?? 0;
  if (Number.isNaN(value)) return 0;
  if (value < median) return 1 / (1 + (median - value) / spreadOf(table));
  if (value > last) return beyond(table, value);
  let index = 0;
  while ((table[index] ?? 0) < value) index++;
  const right = table[index] ?? 0;
  if (index === 0 || value === right) return tailBits[index] ?? 0;
  const left = table[index - 1] ?? 0;
  const from = tailBits[index - 1] ?? 0;
  return from + ((value - left) / (right - left)) * ((tailBits[index] ?? 0) - from);
}

/** The value that has these bits: turns `toTailBits` round between the median and the table's end, and stays at either beyond them. */
export function toTailValue(table: readonly number[], bits: number): number {
  const index = tailBits.findIndex((of) => of >= bits);
  const right = table[index < 0 ? LAST : index] ?? 0;
  if (index <= 0) return right;
  const left = table[index - 1] ?? 0;
  const from = tailBits[index - 1] ?? 0;
  return left + ((bits - from) / ((tailBits[index] ?? 0) - from)) * (right - left);
}

function spreadOf(table: readonly number[]): number {
  return Math.max(1e-6, (table[3] ?? 0) - (table[0] ?? 0));
}

function beyond(table: readonly number[], value: number): number {
  const last = table[LAST] ?? 0;
  const width = Math.max(last - (table[SLOPE_FROM] ?? 0), 0.05 * spreadOf(table));
  const slope = ((tailBits[LAST] ?? 0) - (tailBits[SLOPE_FROM] ?? 0)) / width;
  const added = (value - last) * slope;
  // Saturates smoothly: the first bit counts whole, the sum stays under BEYOND_BITS.
  return (tailBits[LAST] ?? 0) + (BEYOND_BITS * added) / (BEYOND_BITS + added);
}
