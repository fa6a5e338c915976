// shared/evaluation/resample-cards.ts: bootstrap over cards: every method and fold is measured on the same draws of whole cards.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { measureRanked, type RankedColumn, type RankingFigures, rankColumn } from './ranked-column.ts';
import { type JudgedRows, requireJudgeable, type Scores } from './scored-rows.ts';

export interface ResampleOptions {
  /** Draws of the cards; default 1,000. 0 gives values without intervals. */
  readonly rounds?: number;
  /** Default 1. The same seed draws the same cards. */
  readonly seed?: number;
}

/** A figure with its 95 % interval: percentiles of the resampled values. Bounds are NaN where nothing was resampled. */
export interface Estimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** One method on one set of rows; several columns (one per seed or per draw of labels) count as their mean. */
export interface MethodScores {
  readonly [method: string]: readonly Scores[];
}

/** Rows that were scored by all methods. */
export interface Fold {
  readonly rows: JudgedRows;
  readonly scores: MethodScores;
}

export type Metric = keyof RankingFigures;

/** As measured and in every round: round r of two methods used the same cards. */
export interface Resampled {
  readonly measured: Readonly<Record<Metric, number>>;
  readonly rounds: Readonly<Record<Metric, Float64Array>>;
}

const DEFAULT_ROUNDS = 1_000;

/** Cards of all folds, numbered without gaps: only cards that have rows are drawn. */
function renumberCards(folds: readonly Fold[]): { cards: Uint32Array[]; cardCount: number } {
  const numbers = new Map<number, number>();
  const cards = folds.map(({ rows }) =>
    Uint32Array.from(rows.card, (card) => {
      const known = numbers.get(card) ?? numbers.size;
      numbers.set(card, known);
      return known;
    }),
  );
  return { cards, cardCount: numbers.size };
}

function createDraw(seed: number, cardCount: number): () => Uint16Array {
  const generator = xoroshiro128plus(seed);
  const times = new Uint16Array(cardCount);
  // The first numbers of neighbouring seeds resemble each other.
  for (let discarded = 0; discarded < 16; discarded++) generator.next();
  return () => {
    times.fill(0);
    // 32 random bits × count ÷ 2³²: uneven by less than count ÷ 2³², which no interval notices.
    for (let card = 0; card < cardCount; card++)
      times[(((generator.next() >>> 0) * cardCount) / 2 ** 32) | 0]++;
    return times;
  };
}

/** Mean over folds of the mean over columns. */
function measureAll(folds: readonly (readonly RankedColumn[])[], times: Uint16Array): RankingFigures {
  const sum = { averagePrecision: 0, areaUnderCurve: 0 };
  for (const columns of folds) {
    for (const column of columns) {
      const figures = measureRanked(column, times);
      sum.averagePrecision += figures.averagePrecision / columns.length;
      sum.areaUnderCurve += figures.areaUnderCurve / columns.length;
    }
  }
  return {
    averagePrecision: sum.averagePrecision / folds.length,
    areaUnderCurve: sum.areaUnderCurve / folds.length,
  };
}

/**
 * Measures every method on all rows and on `rounds` draws of the cards. Folds count alike (mean over folds); a card that is in
 * several folds is drawn for all of them at once.
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE for rows that cannot be judged
 */
export function resampleCards(
  folds: readonly Fold[],
  { rounds = DEFAULT_ROUNDS, seed = 1 }: ResampleOptions = {},
): ReadonlyMap<string, Resampled> {
  const { cards, cardCount } = renumberCards(folds);
  const methods = Object.keys(folds[0]?.scores ?? {});
  const ranked = methods.map((method) =>
    folds.map(({ rows, scores }, fold) => {
      const columns = scores[method] ?? [];
      requireJudgeable(rows, Object.fromEntries(columns.map((column, at) => [`${method} ${at}`, column])));
      return columns.map((column) => rankColumn(rows, column, cards[fold]));
    }),
  );
  const once = new Uint16Array(cardCount).fill(1);
  const results = ranked.map((columns) => ({
    measured: measureAll(columns, once),
    rounds: { averagePrecision: new Float64Array(rounds), areaUnderCurve: new Float64Array(rounds) },
  }));
  const draw = createDraw(seed, cardCount);
  for (let round = 0; round < rounds; round++) {
    const times = draw();
    results.forEach((result, method) => {
      const figures = measureAll(ranked[method], times);
      result.rounds.averagePrecision[round] = figures.averagePrecision;
      result.rounds.areaUnderCurve[round] = figures.areaUnderCurve;
    });
  }
  return new Map(methods.map((method, at) => [method, results[at]]));
}

/** Value and interval; rounds in which a label was missing (NaN) are left out. */
export function toEstimate(value: number, resampled: Float64Array): Estimate {
  const sorted = resampled.filter(Number.isFinite).sort();
  return {
    value,
    lower: sorted[Math.floor(sorted.length * 0.025)] ?? Number.NaN,
    upper: sorted[Math.ceil(sorted.length * 0.975) - 1] ?? Number.NaN,
  };
}

/** One method's own figure. */
export function estimateOf(method: Resampled, metric: Metric): Estimate {
  return toEstimate(method.measured[metric], method.rounds[metric]);
}

/** `first` minus `second`, round by round on the same cards. */
export function differenceOf(first: Resampled, second: Resampled, metric: Metric): Estimate {
  return toEstimate(
    first.measured[metric] - second.measured[metric],
    first.rounds[metric].map((value, round) => value - second.rounds[metric][round]),
  );
}
