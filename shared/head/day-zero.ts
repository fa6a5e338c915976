// shared/head/day-zero.ts: the label-free score: how rare a card's level, surprises and forecasts are in past traffic, joined by one rule that unlabelled traffic tunes.
import { type PopulationReference, TAIL_PROBABILITIES } from '../features/population-reference.ts';
import type { Statistic } from './statistics.ts';
import { buildTailTable, toTailBits } from './tail-table.ts';

/** Name of the tail table of the joined value itself. Another name whenever the rule changes: tables of different rules do not mix. */
export const DAY_ZERO_TABLE = 'day-zero-2';

/** Statistics the rule joins. */
const parts = {
  forecast: 'forecast-log-p-above-q95',
  amountSurprise: 'surprise-mean-amount',
  levelZ: 'feature-levelZ',
  levelDifference: 'feature-levelDifference',
  burst: 'feature-burstCountLong',
  amount: 'feature-amountLog',
} as const;

/** Bits that surprise must be rarer than the amount to count more: chosen on simulated portfolios, where 1 to 4 did the same. */
const SURPRISE_HANDICAP = 3;
/**
 * A forecaster that now and then says "the next amount is large" with this certainty or more has seen spells of large amounts recur in
 * past traffic. Below the first it never is that sure (nothing recurs, or nothing that it can tell); from the second on it knows them.
 */
const TRUST_FROM = 0.5;
const TRUST_WHOLE = 0.75;
/** The certainty is taken here: what one past transaction in a thousand reached. */
const TRUST_AT = TAIL_PROBABILITIES.indexOf(0.001);
/**
 * Bits a trusted forecast is ahead of the others. Where spells recur they are common, so their own tail is short (one in a hundred is 7
 * bits), while single large amounts that mean nothing reach 13.
 */
const TRUST_LEAD = 10;

/** How far forecasts count in a portfolio, 0 … 1, by its unlabelled traffic alone. */
export function trustInForecast({ tails }: Pick<PopulationReference, 'tails'>): number {
  const logProbability = tails[parts.forecast]?.[TRUST_AT];
  if (logProbability === undefined) return 0;
  return Math.max(0, Math.min(1, (Math.exp(logProbability) - TRUST_FROM) / (TRUST_WHOLE - TRUST_FROM)));
}

/** One number from the bits of all statistics under the reference they were measured with; higher = more anomalous. */
export type JoinRule = (bits: ArrayLike<number>, reference: Pick<PopulationReference, 'tails'>) => number;

/**
 * The rule: the rarest of three. The card's own level (mean of the tails of z and ratio, plus half the tail of recent bursts when the
 * amount is above the level) or the amount alone; the mean surprise of recent amounts, which finds spells that never occurred before; and,
 * as far as the portfolio's traffic shows that it may be trusted, the forecast that a large amount comes next, which finds spells that
 * recur (to the encoder they are no surprise).
 */
export function createJoinRule(statistics: readonly Statistic[]): JoinRule {
  const indexOf = (part: keyof typeof parts): number =>
    statistics.findIndex(({ name }) => name === parts[part]);
  const at = {
    forecast: indexOf('forecast'),
    amountSurprise: indexOf('amountSurprise'),
    levelZ: indexOf('levelZ'),
    levelDifference: indexOf('levelDifference'),
    burst: indexOf('burst'),
    amount: indexOf('amount'),
  };
  const trusts = new WeakMap<object, number>();
  return (bits, reference) => {
    const trust = trusts.get(reference) ?? trustInForecast(reference);
    trusts.set(reference, trust);
    const z = bits[at.levelZ] ?? 0;
    const raised = z > 1 ? (bits[at.burst] ?? 0) / 2 : 0;
    const level = (z + (bits[at.levelDifference] ?? 0)) / 2 + raised;
    return Math.max(
      level,
      bits[at.amount] ?? 0,
      (bits[at.amountSurprise] ?? 0) - SURPRISE_HANDICAP,
      trust * ((bits[at.forecast] ?? 0) + TRUST_LEAD),
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
