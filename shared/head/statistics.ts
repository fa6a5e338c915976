// shared/head/statistics.ts: the numbers whose rarity in past unlabelled traffic is known: for reasons and for the label-free score.
import { forecastNames, readingNames } from '../encoder/readings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { featureNames } from '../features/velocity.ts';
import { toTailBits } from './tail-table.ts';

/** Features with a tail table: unusual when large, or (−1) when small. Names as in `featureNames`. */
export const tailFeatures = {
  amountLog: 1,
  levelDifference: 1,
  levelZ: 1,
  burstCountLong: 1,
  burstLargestShort: 1,
  cardPaceRatio: 1,
  cardCountTenMinutes: 1,
  cardCountHour: 1,
  cardCountries: 1,
  abroad: 1,
  cardKnownFrauds: 1,
  merchantKnownFrauds: 1,
  merchantRunLength: 1,
  cardHistory: -1,
} as const satisfies Record<string, 1 | -1>;

/** Where one statistic is found. */
export interface Statistic {
  /** Key of its tail table in the population reference. */
  readonly name: string;
  readonly source: 'reading' | 'feature';
  readonly index: number;
  /** −1 turns a value round, so that large always means unusual. */
  readonly sign: 1 | -1;
}

/** Values a row of statistics is read from; without readings (lower tiers) those statistics are absent. */
export interface StatisticSource {
  readonly readings: Float32Array | undefined;
  readonly features: Float32Array;
}

/** Statistics in a fixed order: forecasts, surprises and their means, then features. */
export function listStatistics(config: { readonly width: number }): Statistic[] {
  const readings = readingNames(config);
  const first = readings.indexOf(forecastNames[0]);
  const ofReadings = readings
    .slice(first)
    .map((name, index): Statistic => ({ name, source: 'reading', index: first + index, sign: 1 }));
  const ofFeatures = Object.entries(tailFeatures).map(
    ([name, sign]): Statistic => ({
      name: `feature-${name}`,
      source: 'feature',
      index: featureNames.indexOf(name),
      sign,
    }),
  );
  return [...ofReadings, ...ofFeatures];
}

/** Value of one statistic, larger = more unusual; NaN when its source is absent. */
export function readStatistic({ source, index, sign }: Statistic, from: StatisticSource): number {
  const values = source === 'reading' ? from.readings : from.features;
  return sign * (values?.[index] ?? Number.NaN);
}

/** Bits of every statistic of one row under one reference. */
export interface Rarity {
  readonly reference: PopulationReference;
  readonly statistics: readonly Statistic[];
  /** Upper-tail bits in the order of `statistics`; 0 where the statistic or its table is absent. Reused by the next call. */
  measure(from: StatisticSource): Float64Array;
}

/** @param reference whose tail tables are read; a statistic without a table is never rare */
export function createRarity(statistics: readonly Statistic[], reference: PopulationReference): Rarity {
  const tables = statistics.map(({ name }) => reference.tails[name]);
  const bits = new Float64Array(statistics.length);
  return {
    reference,
    statistics,
    measure: (from) => {
      for (let index = 0; index < statistics.length; index++) {
        const statistic = statistics[index];
        const table = tables[index];
        bits[index] = statistic && table ? toTailBits(table, readStatistic(statistic, from)) : 0;
      }
      return bits;
    },
  };
}
