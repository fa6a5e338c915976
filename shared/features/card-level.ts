// shared/features/card-level.ts: what a card usually spends: robust mean and spread of its last amounts, shrunk towards the population's.
import type { EntityView } from '../sequence/entity-view.ts';
import { EVENT_BYTES, WINDOW } from '../sequence/packed-event.ts';
import { isSpend } from './codes.ts';
import type { PopulationReference } from './population-reference.ts';
import { AMOUNT_FLOOR } from './reference-amount.ts';

/** Amounts in reference units. */
export interface CardLevel {
  /** Spending events it rests on, outliers left out. */
  readonly count: number;
  /** Shrunk towards the population: what amounts are compared with. */
  readonly mean: number;
  readonly standardDeviation: number;
  /** Mean within the transaction's category, shrunk towards `mean`. */
  readonly categoryMean: number;
  /** The card's own spread, unshrunk: standard deviation over mean; 0 below two events. */
  readonly spread: number;
  /** Largest amount of the window, outliers included; 0 without history. */
  readonly largest: number;
}

/** Amounts above this multiple of the median are left out of the level (recipe of the benchmark study). */
const OUTLIER_MULTIPLE = 3;
/** Weight of the population in the shrinkage, in events: w = n / (n + 2). */
const SHRINKAGE_EVENTS = 2;

const amounts = new Float64Array(WINDOW);
const categories = new Uint8Array(WINDOW);
const partlySorted = new Float64Array(WINDOW);

function gatherAmounts({ view, firstByte, count }: EntityView): number {
  let gathered = 0;
  for (let index = count - 1; index >= 0 && gathered < WINDOW; index--) {
    const at = firstByte + index * EVENT_BYTES;
    if (!isSpend(view.getUint8(at + 6))) continue;
    amounts[gathered] = view.getFloat32(at + 20, true);
    categories[gathered] = view.getUint8(at + 8);
    gathered++;
  }
  return gathered;
}

/** Splits values[low … high] around a pivot: what lies at or before the answered `right` is at most it, from `left` on at least it. */
function partition(values: Float64Array, low: number, high: number): { left: number; right: number } {
  const pivot = values[(low + high) >> 1] ?? 0;
  let [left, right] = [low, high];
  while (left <= right) {
    while ((values[left] ?? 0) < pivot) left++;
    while ((values[right] ?? 0) > pivot) right--;
    if (left > right) break;
    const swapped = values[left] ?? 0;
    values[left++] = values[right] ?? 0;
    values[right--] = swapped;
  }
  return { left, right };
}

/** Moves the `wanted`-th smallest of the first `length` values to its place, smaller ones before it (Hoare's selection: cheaper than a sort). */
function selectNth(values: Float64Array, length: number, wanted: number): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const { left, right } = partition(values, low, high);
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else break;
  }
  return values[wanted] ?? 0;
}

function medianOf(gathered: number): number {
  for (let index = 0; index < gathered; index++) partlySorted[index] = amounts[index] ?? 0;
  const half = gathered >> 1;
  const upper = selectNth(partlySorted, gathered, half);
  if (gathered % 2 === 1) return upper;
  let lower = 0;
  for (let index = 0; index < half; index++) lower = Math.max(lower, partlySorted[index] ?? 0);
  return (upper + lower) / 2;
}

/** Level of a card from the (at most WINDOW) spending events of `card`, for a transaction of `category` (0: missing). */
export function measureCardLevel(
  card: EntityView,
  category: number,
  reference: Pick<PopulationReference, 'cardLevel'>,
): CardLevel {
  const population = reference.cardLevel;
  const gathered = gatherAmounts(card);
  const limit = gathered === 0 ? 0 : OUTLIER_MULTIPLE * medianOf(gathered) + AMOUNT_FLOOR;
  let count = 0;
  let sum = 0;
  let squares = 0;
  let categoryCount = 0;
  let categorySum = 0;
  let largest = 0;
  for (let index = 0; index < gathered; index++) {
    const amount = amounts[index] ?? 0;
    if (amount > largest) largest = amount;
    if (amount > limit) continue;
    count++;
    sum += amount;
    squares += amount * amount;
    if (categories[index] === category) {
      categoryCount++;
      categorySum += amount;
    }
  }
  const ownMean = count === 0 ? 0 : sum / count;
  const ownDeviation = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - ownMean * ownMean));
  const mean = (sum + SHRINKAGE_EVENTS * population.mean) / (count + SHRINKAGE_EVENTS);
  const trust = count / (count + SHRINKAGE_EVENTS);
  return {
    count,
    mean,
    standardDeviation: trust * ownDeviation + (1 - trust) * population.standardDeviation,
    categoryMean: (categorySum + SHRINKAGE_EVENTS * mean) / (categoryCount + SHRINKAGE_EVENTS),
    spread: count < 2 ? 0 : ownDeviation / (ownMean + AMOUNT_FLOOR),
    largest,
  };
}
