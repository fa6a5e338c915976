// shared/head/day-zero.ts: the label-free score: how rare a card's level, surprises and forecasts are in past traffic, joined by one rule that unlabelled traffic tunes.
import { type PopulationReference, TAIL_PROBABILITIES } from '../features/population-reference.ts';
import type { Statistic } from './statistics.ts';
import { buildTailTable, toTailBits, toTailValue } from './tail-table.ts';

/** Name of the tail table of the joined value itself. Another name whenever the rule changes: tables of different rules do not mix. */
export const DAY_ZERO_TABLE = 'day-zero-3';

/** Statistics the rule joins. */
const parts = {
  forecast: 'forecast-log-p-above-q95',
  amountSurprise: 'surprise-mean-amount',
  levelZ: 'feature-levelZ',
  levelDifference: 'feature-levelDifference',
  burst: 'feature-burstCountLong',
  amount: 'feature-amountLog',
} as const;

/** Where amounts have a light tail: bits that surprise stands back. */
const SURPRISE_HANDICAP = 4;
/**
 * How much further the .99 quantile of ln(amount over the card's level) lies from the median than the .95 quantile: 1.41 where amounts are
 * log-normal. Lighter: an amount above the level means something. Heavier: such amounts are ordinary, and only what the encoder did not
 * expect means something. On simulated portfolios (1.5) surprise without handicap and without bursts was the best by far.
 */
const LIGHT_TAIL = 1.35;
const HEAVY_TAIL = 1.5;
/**
 * A forecaster that now and then says "the next amount is large" with this certainty has seen spells of large amounts recur in past
 * traffic. Simulated portfolios, where forecasts are no sign of fraud, stay below the first; from the second on it is trusted whole.
 */
const TRUST_FROM = 0.75;
const TRUST_WHOLE = 0.85;
/**
 * Bits a trusted forecast is ahead of the others. Where spells recur they are common, so their own tail is short (one in a hundred is 7
 * bits), while single large amounts that mean nothing reach 13.
 */
const TRUST_LEAD = 10;

const at = (probability: (typeof TAIL_PROBABILITIES)[number]): number =>
  TAIL_PROBABILITIES.indexOf(probability);
const shareBetween = (value: number, from: number, to: number): number =>
  Math.max(0, Math.min(1, (value - from) / (to - from)));

/** What a portfolio's unlabelled traffic says about its signals; each 0 … 1. */
export interface Habits {
  /** How far forecasts count. */
  readonly trustInForecast: number;
  /** How heavy the tail of its amounts is. */
  readonly heaviness: number;
}

/** @param reference without tables, forecasts do not count and the tail is light */
export function measureHabits({ tails }: Pick<PopulationReference, 'tails'>): Habits {
  const certainty = Math.exp(tails[parts.forecast]?.[at(0.001)] ?? Number.NEGATIVE_INFINITY);
  const ratios = tails[parts.levelDifference];
  const median = ratios?.[at(0.5)] ?? 0;
  const spread = (ratios?.[at(0.05)] ?? 0) - median;
  const heaviness = spread > 0 ? ((ratios?.[at(0.01)] ?? 0) - median) / spread : 0;
  return {
    trustInForecast: shareBetween(certainty, TRUST_FROM, TRUST_WHOLE),
    heaviness: shareBetween(heaviness, LIGHT_TAIL, HEAVY_TAIL),
  };
}

/** log₂(1 + the card's recent bursts), read back from their tail: the feature is ln(1 + count). */
function burstBits(tail: number, { tails }: Pick<PopulationReference, 'tails'>): number {
  const table = tails[parts.burst];
  return table ? toTailValue(table, tail) / Math.LN2 : 0;
}

/** One number from the bits of all statistics under the reference they were measured with; higher = more anomalous. */
export type JoinRule = (bits: ArrayLike<number>, reference: Pick<PopulationReference, 'tails'>) => number;

/**
 * The rule: the rarest of three. The card's own level (mean of the tails of z and ratio, plus, where amounts have a light tail, a bit for
 * every doubling of the card's recent bursts when the amount is above the level) or the amount alone; the mean surprise of recent amounts, which finds
 * spells that never occurred before; and, as far as the portfolio's traffic shows that it may be trusted, the forecast that a large amount
 * comes next, which finds spells that recur (to the encoder they are no surprise).
 */
export function createJoinRule(statistics: readonly Statistic[]): JoinRule {
  const indexOf = (part: keyof typeof parts): number =>
    statistics.findIndex(({ name }) => name === parts[part]);
  const index = {
    forecast: indexOf('forecast'),
    amountSurprise: indexOf('amountSurprise'),
    levelZ: indexOf('levelZ'),
    levelDifference: indexOf('levelDifference'),
    burst: indexOf('burst'),
    amount: indexOf('amount'),
  };
  const known = new WeakMap<object, Habits>();
  return (bits, reference) => {
    const habits = known.get(reference) ?? measureHabits(reference);
    known.set(reference, habits);
    const lightness = 1 - habits.heaviness;
    const z = bits[index.levelZ] ?? 0;
    const raised = z > 1 ? lightness * burstBits(bits[index.burst] ?? 0, reference) : 0;
    const level = (z + (bits[index.levelDifference] ?? 0)) / 2 + raised;
    return Math.max(
      level,
      bits[index.amount] ?? 0,
      (bits[index.amountSurprise] ?? 0) - SURPRISE_HANDICAP * lightness,
      habits.trustInForecast * ((bits[index.forecast] ?? 0) + TRUST_LEAD),
    );
  };
}

/**
 * Label-free score of a row in bits: −log₂ of the share of past traffic whose joined value was at least as large.
 * Without a table of joined values (a reference not yet filled) the joined value itself, which ranks the same.
 */
export function toAnomalyBits(joined: number, reference: PopulationReference): number {
  const table = reference.tails[DAY_ZERO_TABLE];
  return table ? toTailBits(table, joined) : joined;
}

/**
 * The reference with its tail tables made from past unlabelled traffic: one per statistic, then one of the joined value.
 * @param columns values of each statistic over the same rows, in the order of `statistics`
 */
export function fillTails(
  reference: PopulationReference,
  statistics: readonly Statistic[],
  columns: readonly Float32Array[],
): PopulationReference {
  const tables = columns.map((column) => buildTailTable(column));
  const named = statistics.map(({ name }, index) => [name, tables[index] ?? []] as const);
  const filled = { ...reference, tails: Object.fromEntries(named) };
  const rule = createJoinRule(statistics);
  const rows = columns[0]?.length ?? 0;
  const bits = new Float64Array(statistics.length);
  const joined = Float64Array.from({ length: rows }, (_, row) => {
    tables.forEach((table, index) => {
      bits[index] = toTailBits(table, columns[index]?.[row] ?? Number.NaN);
    });
    return rule(bits, filled);
  });
  return { ...filled, tails: { ...filled.tails, [DAY_ZERO_TABLE]: buildTailTable(joined) } };
}
