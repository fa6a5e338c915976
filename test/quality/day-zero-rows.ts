// test/quality/day-zero-rows.ts: rows without a label: the bits of every statistic, kept, and average precision of rules and of single signals on them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type PopulationReference,
  populationReferenceSchema,
} from '../../shared/features/population-reference.ts';
import { createJoinRule, type JoinRule } from '../../shared/head/day-zero.ts';
import {
  createRarity,
  listStatistics,
  type Statistic,
  type StatisticSource,
} from '../../shared/head/statistics.ts';
import { type JudgedRows, resample } from './bootstrap-rounds.ts';
import { tellRounds } from './say.ts';

/** Rows by statistic: bits, row-major, in the order of `statistics`. */
export interface RarityRows {
  readonly statistics: readonly Statistic[];
  readonly bits: Float32Array;
  readonly rowCount: number;
  readonly reference: PopulationReference;
}

/** Bits of every statistic of these rows under a reference with tails. */
export function measureRarity(
  config: { readonly width: number },
  reference: PopulationReference,
  rows: Iterable<StatisticSource>,
): RarityRows {
  const statistics = listStatistics(config);
  const rarity = createRarity(statistics, reference);
  const measured = Array.from(rows, (row) => Float32Array.from(rarity.measure(row)));
  const bits = new Float32Array(measured.length * statistics.length);
  measured.forEach((row, index) => {
    bits.set(row, index * statistics.length);
  });
  return { statistics, bits, rowCount: measured.length, reference };
}

/** Scores of all rows by a rule. */
export function joinRows(
  { statistics, bits, rowCount, reference }: RarityRows,
  rule: JoinRule,
): Float64Array {
  const width = statistics.length;
  return Float64Array.from({ length: rowCount }, (_, row) =>
    rule(bits.subarray(row * width, (row + 1) * width), reference),
  );
}

/** Scores of all rows by the product's own rule. */
export const scoreByProduct = (rows: RarityRows): Float64Array =>
  joinRows(rows, createJoinRule(rows.statistics));

/** Bits of one statistic as a score. */
export function signalOf({ statistics, bits, rowCount }: RarityRows, name: string): Float64Array {
  const column = statistics.findIndex((statistic) => statistic.name === name);
  return Float64Array.from({ length: rowCount }, (_, row) => bits[row * statistics.length + column] ?? 0);
}

/** Prints average precision of every score, and the first minus it with its 95 % interval over cards. */
export function tellScores(
  judged: JudgedRows,
  scores: ReadonlyMap<string, Float64Array>,
  rounds: number,
): Map<string, number> {
  const columns = new Map([...scores].map(([name, column]) => [name, [column]] as const));
  const told = resample(judged, columns, { seed: 20_261_124, rounds });
  const [first] = told.values();
  return new Map(Object.entries(tellRounds(told, first)));
}

/** A reference kept under this file, measured the first time. */
export async function keptReference(
  file: string,
  measure: () => Promise<PopulationReference>,
): Promise<PopulationReference> {
  if (existsSync(file)) return populationReferenceSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const reference = await measure();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(reference));
  return reference;
}
