// shared/head/day-zero.ts: the label-free score: how rare a card's behaviour and amount are in past traffic, joined by one rule.
import type { PopulationReference } from '../features/population-reference.ts';
import type { Statistic } from './statistics.ts';
import { buildTailTable, toTailBits } from './tail-table.ts';

/** Name of the tail table of the joined value itself. */
export const DAY_ZERO_TABLE = 'day-zero';

/** Statistics the rule joins. */
const parts = {
  forecast: 'forecast-log-p-above-q95',
  surprise: 'surprise-mean-total-0.9',
  amountSurprise: 'surprise-mean-amount',
  levelZ: 'feature-levelZ',
  levelDifference: 'feature-levelDifference',
  burst: 'feature-burstCountLong',
  amount: 'feature-amountLog',
} as const;

/** Weight of behaviour against the amount. Between .5 and 1 it trades one public benchmark for the other; chosen on one week of each. */
const BEHAVIOUR_WEIGHT = 0.7;

/** One number from the bits of all statistics; higher = more anomalous. */
export type JoinRule = (bits: ArrayLike<number>) => number;

/**
 * The rule: weighted sum of two tails in bits (Fisher's way of joining two tests), behaviour and amount.
 * Behaviour: the rarest of forecast (a large amount is expected next: where bursts recur in the stream), mean surprise of the last
 * events, and mean surprise of their amounts (where bursts are rare). Amount: the card's own level (mean of the tails of z and
 * ratio, plus half the tail of recent bursts when the amount is above the level), or the amount alone if that is rarer.
 */
export function createJoinRule(statistics: readonly Statistic[]): JoinRule {
  const indexOf = (part: keyof typeof parts): number =>
    statistics.findIndex(({ name }) => name === parts[part]);
  const at = {
    forecast: indexOf('forecast'),
    surprise: indexOf('surprise'),
    amountSurprise: indexOf('amountSurprise'),
    levelZ: indexOf('levelZ'),
    levelDifference: indexOf('levelDifference'),
    burst: indexOf('burst'),
    amount: indexOf('amount'),
  };
  return (bits) => {
    const z = bits[at.levelZ] ?? 0;
    const behaviour = Math.max(bits[at.forecast] ?? 0, bits[at.surprise] ?? 0, bits[at.amountSurprise] ?? 0);
    const raised = z > 1 ? (bits[at.burst] ?? 0) / 2 : 0;
    const level = (z + (bits[at.levelDifference] ?? 0)) / 2 + raised;
    return BEHAVIOUR_WEIGHT * behaviour + Math.max(level, bits[at.amount] ?? 0);
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
  const rule = createJoinRule(statistics);
  const rows = columns[0]?.length ?? 0;
  const bits = new Float64Array(statistics.length);
  const joined = Float64Array.from({ length: rows }, (_, row) => {
    tables.forEach((table, index) => {
      bits[index] = toTailBits(table, columns[index]?.[row] ?? Number.NaN);
    });
    return rule(bits);
  });
  const named = statistics.map(({ name }, index) => [name, tables[index] ?? []] as const);
  return {
    ...reference,
    tails: { ...Object.fromEntries(named), [DAY_ZERO_TABLE]: buildTailTable(joined) },
  };
}
