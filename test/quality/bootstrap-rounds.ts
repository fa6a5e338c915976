// test/quality/bootstrap-rounds.ts: average precision of several methods on the same rows, over one set of resampled cards.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';

/** One method: its average precision (mean over its score columns), as measured and in every round. */
export interface Rounds {
  readonly measured: number;
  /** Round r of two methods used the same cards: subtract them pairwise. */
  readonly resampled: Float64Array;
}

export interface JudgedRows {
  readonly labels: Uint8Array;
  readonly weights: Float32Array;
  readonly cards: readonly string[];
}

function drawCounts(cardOfRow: Uint32Array, cardCount: number, draw: (limit: number) => number): Uint16Array {
  const times = new Uint16Array(cardCount);
  for (let card = 0; card < cardCount; card++) {
    const picked = draw(cardCount);
    times[picked] = (times[picked] ?? 0) + 1;
  }
  return Uint16Array.from(cardOfRow, (card) => times[card] ?? 0);
}

/** @param methods score columns of each method; a method with several (one per draw of labels) is their mean */
export function resample(
  { labels, weights, cards }: JudgedRows,
  methods: ReadonlyMap<string, readonly Float64Array[]>,
  options: { readonly seed: number; readonly rounds: number },
): Map<string, Rounds> {
  const numbers = new Map<string, number>();
  const cardOfRow = Uint32Array.from(cards, (card) => {
    const known = numbers.get(card) ?? numbers.size;
    numbers.set(card, known);
    return known;
  });
  const generator = xoroshiro128plus(options.seed);
  const draw = (limit: number) => uniformInt(generator, 0, limit - 1);
  const rounds = Array.from({ length: options.rounds }, () => {
    const counts = drawCounts(cardOfRow, numbers.size, draw);
    return Float64Array.from(counts, (count, row) => count * (weights[row] ?? 1));
  });
  const judged = new Map<string, Rounds>();
  for (const [name, columns] of methods) {
    const orders = columns.map((scores) =>
      Uint32Array.from(scores.keys()).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0)),
    );
    const meanWith = (rowWeights: ArrayLike<number>) =>
      columns.reduce(
        (sum, scores, at) => sum + averagePrecision({ scores, labels, weights: rowWeights }, orders[at]),
        0,
      ) / columns.length;
    judged.set(name, {
      measured: meanWith(weights),
      resampled: Float64Array.from(rounds, (rowWeights) => meanWith(rowWeights)),
    });
  }
  return judged;
}

/** Mean of the same method over several portfolios, each resampled on its own. */
export function meanOf(parts: readonly Rounds[]): Rounds {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = parts[0]?.resampled.length ?? 0;
  return {
    measured: mean(parts.map(({ measured }) => measured)),
    resampled: Float64Array.from({ length }, (_, round) =>
      mean(parts.map(({ resampled }) => resampled[round] ?? Number.NaN)),
    ),
  };
}

/** Difference in average precision and its 95 % interval. */
export function differenceOf(
  first: Rounds,
  second: Rounds,
): { readonly difference: number; readonly lower: number; readonly upper: number } {
  const differences = first.resampled
    .map((value, round) => value - (second.resampled[round] ?? Number.NaN))
    .sort();
  return {
    difference: first.measured - second.measured,
    lower: differences[Math.floor(differences.length * 0.025)] ?? Number.NaN,
    upper: differences[Math.ceil(differences.length * 0.975) - 1] ?? Number.NaN,
  };
}
