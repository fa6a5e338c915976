// test/shared/head/day-zero.test.ts: the label-free score is the rarest of its parts, and its bits are the share of past traffic.
import { expect, test } from 'vitest';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { createJoinRule, DAY_ZERO_TABLE, fillTails, toAnomalyBits } from '../../../shared/head/day-zero.ts';
import { createRarity, listStatistics } from '../../../shared/head/statistics.ts';
import { sampleReference } from '../../support/encoder-rows.ts';

const statistics = listStatistics(encoderConfigs.tiny);
const rule = createJoinRule(statistics);
const bitsOf = (values: Readonly<Record<string, number>>): Float64Array =>
  Float64Array.from(statistics, ({ name }) => values[name] ?? 0);

test('a higher tail of any part never lowers the score', () => {
  const base = { 'forecast-log-p-above-q95': 4, 'surprise-mean-total-0.9': 3, 'feature-levelZ': 2 };
  const before = rule(bitsOf(base));
  for (const name of ['forecast-log-p-above-q95', 'surprise-mean-total-0.9', 'feature-amountLog']) {
    expect(rule(bitsOf({ ...base, [name]: 12 }))).toBeGreaterThan(before);
  }
});

test('bits of past traffic tell the share that was at least as anomalous', () => {
  const rows = 20_000;
  const columns = statistics.map((_, index) =>
    Float32Array.from({ length: rows }, (_row, row) => ((row * 7919 + index * 104_729) % 20_011) / 20_011),
  );
  const reference = fillTails(sampleReference('*'), statistics, columns);
  expect(reference.tails[DAY_ZERO_TABLE]).toHaveLength(17);
  const rarity = createRarity(statistics, reference);
  const isRare = (row: number): boolean => {
    const readings = new Float32Array(200);
    const features = new Float32Array(200);
    statistics.forEach(({ source, index, sign }, at) => {
      const values = source === 'reading' ? readings : features;
      values[index] = sign * (columns[at]?.[row] ?? 0);
    });
    return toAnomalyBits(rule(rarity.measure({ readings, features })), reference) >= Math.log2(100);
  };
  let rare = 0;
  for (let row = 0; row < 4_000; row++) if (isRare(row)) rare++;
  // One in a hundred, with the sampling error of 4,000 rows.
  expect(rare).toBeGreaterThan(20);
  expect(rare).toBeLessThan(65);
});
