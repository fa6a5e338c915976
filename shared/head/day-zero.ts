// shared/head/day-zero.ts: the label-free score: how rare forecast, lasting surprise, card-level amount and burst are, joined by one rule.
import type { PopulationReference } from '../features/population-reference.ts';
import type { Statistic } from './statistics.ts';
import { buildTailTable, toTailBits } from './tail-table.ts';

/** Name of the tail table of the joined value itself. */
export const DAY_ZERO_TABLE = 'day-zero';

/** Statistics the rule joins. */
const parts = {
  forecast: 'forecast-log-p-above-q95',
  surprise: 'surprise-mean-total-0.9',
  levelZ: 'feature-levelZ',
  levelDifference: 'feature-levelDifference',
  burst: 'feature-burstCountLong',
  amount: 'feature-amountLog',
} as const;

/** One number from the bits of all statistics; higher = more anomalous. */
export type JoinRule = (bits: ArrayLike<number>) => number;

/**
 * The rule: the largest of four tails, in bits:
 * forecast (a large amount is expected next: where bursts recur in the stream), mean surprise of the last events (where they are
 * rare), the card's own level (mean of the tails of z and ratio, plus half the tail of recent bursts when the amount is above the
 * card's level), and the amount alone. Which of them speaks depends on how much fraud the unlabelled stream holds, so none is
 * weighted by hand.
 */
export function createJoinRule(statistics: readonly Statistic[]): JoinRule {
  const indexOf = (part: keyof typeof parts): number =>
    statistics.findIndex(({ name }) => name === parts[part]);
  const [forecast, surprise, amount] = [indexOf('forecast'), indexOf('surprise'), indexOf('amount')];
  const [levelZ, levelDifference, burst] = [indexOf('levelZ'), indexOf('levelDifference'), indexOf('burst')];
  return (bits) => {
    const z = bits[levelZ] ?? 0;
    const level = (z + (bits[levelDifference] ?? 0)) / 2;
    const raised = z > 1 ? (bits[burst] ?? 0) / 2 : 0;
    return Math.max(bits[forecast] ?? 0, bits[surprise] ?? 0, level + raised, bits[amount] ?? 0);
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
