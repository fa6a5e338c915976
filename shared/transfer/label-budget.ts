// shared/transfer/label-budget.ts: training rows as if only a few cards had labels: k cards with a fraud, and their share of the others.

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type HeadDataset, selectRows } from '../training/head-dataset.ts';
import { shuffle } from '../training/shuffle.ts';

/** A number of cards with a labelled fraud, or all there are. */
export type LabelBudget = number | 'all';

/** Genuine cards beside each fraud card, at least: an analyst who finds k frauds has seen many cards that are none. */
const LEAST_GENUINE_PER_FRAUD = 20;

function drawCards(cards: readonly number[], count: number, seed: number): number[] {
  const drawn = [...cards];
  shuffle(drawn, xoroshiro128plus(seed));
  return drawn.slice(0, count);
}

/** Cards with a labelled fraud, and the others, ascending. */
export function splitCards({ labels, cards }: Pick<HeadDataset, 'labels' | 'cards'>): {
  readonly fraud: readonly number[];
  readonly genuine: readonly number[];
} {
  const fraud = new Set(cards.filter((_, row) => labels[row] === 1));
  const ascending = (values: Iterable<number>) => [...values].sort((left, right) => left - right);
  return {
    fraud: ascending(fraud),
    genuine: ascending(new Set(cards.filter((card) => !fraud.has(card)))),
  };
}

/**
 * Rows of the labelled cards of one draw. The cards of a smaller budget are among those of a larger one of the same seed.
 * @returns all rows when the budget is `all` or not smaller than what there is
 */
export function thinLabels(rows: HeadDataset, budget: LabelBudget, seed: number): HeadDataset {
  const { fraud, genuine } = splitCards(rows);
  if (budget === 'all' || budget >= fraud.length) return rows;
  const share = (budget / fraud.length) * genuine.length;
  const others = Math.min(genuine.length, Math.max(Math.ceil(share), budget * LEAST_GENUINE_PER_FRAUD));
  const kept = new Set([...drawCards(fraud, budget, seed), ...drawCards(genuine, others, seed + 1_000_003)]);
  return selectRows(rows, (row) => kept.has(rows.cards[row] ?? -1));
}
