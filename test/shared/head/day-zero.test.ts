// test/shared/head/day-zero.test.ts: the label-free score is the rarest of its parts, forecasts as far as they are trusted, and its bits are the share of past traffic.
import { expect, test } from 'vitest';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { TAIL_PROBABILITIES } from '../../../shared/features/population-reference.ts';
import {
  createJoinRule,
  DAY_ZERO_TABLE,
  fillTails,
  measureHabits,
  toAnomalyBits,
} from '../../../shared/head/day-zero.ts';
import { createRarity, listStatistics } from '../../../shared/head/statistics.ts';
import { toTailBits } from '../../../shared/head/tail-table.ts';
import { sampleReference } from '../../support/encoder-rows.ts';

const statistics = listStatistics(encoderConfigs.tiny);
const rule = createJoinRule(statistics);
const untrusted = { tails: {} };
const bitsOf = (values: Readonly<Record<string, number>>): Float64Array =>
  Float64Array.from(statistics, ({ name }) => values[name] ?? 0);

/** A reference in which one past transaction in a thousand had a forecast of this certainty. */
const withCertainty = (probability: number) => ({
  tails: { 'forecast-log-p-above-q95': TAIL_PROBABILITIES.map(() => Math.log(probability)) },
});

test('a higher tail of any part never lowers the score, and the rarest counts', () => {
  const base = { 'forecast-log-p-above-q95': 4, 'surprise-mean-amount': 3, 'feature-levelZ': 2 };
  for (const reference of [untrusted, withCertainty(0.8), withCertainty(0.9)]) {
    const before = rule(bitsOf(base), reference);
    for (const { name } of statistics) {
      expect(rule(bitsOf({ ...base, [name]: 12 }), reference)).toBeGreaterThanOrEqual(before);
    }
    for (const name of ['surprise-mean-amount', 'feature-levelZ', 'feature-amountLog']) {
      const none = rule(bitsOf({}), reference);
      expect(rule(bitsOf({ [name]: 20, 'feature-levelDifference': 20 }), reference)).toBeGreaterThan(none);
    }
  }
});

test('a forecast counts as far as unlabelled traffic shows that it is ever sure', () => {
  const expected = bitsOf({ 'forecast-log-p-above-q95': 7, 'feature-amountLog': 9 });
  const trusts = [0.3, 0.75, 0.8, 0.85, 0.95].map(
    (sure) => measureHabits(withCertainty(sure)).trustInForecast,
  );
  expect(trusts).toEqual([0, expect.closeTo(0), expect.closeTo(0.5), expect.closeTo(1), 1]);
  expect(rule(expected, untrusted)).toBe(9);
  expect(rule(expected, withCertainty(0.3))).toBe(9);
  expect(rule(expected, withCertainty(0.95))).toBe(17);
});

/** A reference whose ratios to the card's level have these distances from the median at .95 and at .99. */
const withTail = (at95: number, at99: number) => ({
  tails: {
    'feature-levelDifference': TAIL_PROBABILITIES.map((probability) =>
      probability > 0.05 ? 0 : probability > 0.01 ? at95 : at99,
    ),
  },
});

test('where large amounts are ordinary, surprise counts whole', () => {
  const [light, heavy] = [withTail(1, 1.2), withTail(1, 1.6)];
  expect([light, heavy].map((reference) => measureHabits(reference).heaviness)).toEqual([0, 1]);
  const surprised = bitsOf({ 'surprise-mean-amount': 10, 'feature-amountLog': 5 });
  expect([light, heavy].map((reference) => rule(surprised, reference))).toEqual([6, 10]);
});

/** As `withTail`, with one past payment in ten behind one burst of its card, one in a hundred behind three. */
const withBursts = (at95: number, at99: number) => ({
  tails: {
    ...withTail(at95, at99).tails,
    'feature-burstCountLong': TAIL_PROBABILITIES.map((probability) =>
      Math.log1p(probability > 0.1 ? 0 : probability > 0.01 ? 1 : 3),
    ),
  },
});

test("where large amounts mean something, every doubling of the card's bursts counts a bit; where they are ordinary, none does", () => {
  const [light, heavy] = [withBursts(1, 1.2), withBursts(1, 1.6)];
  const level = { 'feature-levelZ': 6, 'feature-levelDifference': 6 };
  const after = (bursts: number) => {
    const tail = toTailBits(light.tails['feature-burstCountLong'] ?? [], Math.log1p(bursts));
    return bitsOf({ ...level, 'feature-burstCountLong': tail });
  };
  expect([0, 1, 3].map((bursts) => rule(after(bursts), light))).toEqual(
    [6, 7, 8].map((bits) => expect.closeTo(bits)),
  );
  expect([0, 1, 3].map((bursts) => rule(after(bursts), heavy))).toEqual([6, 6, 6]);
});

test('a reference measured by another rule has no table for this one, and the joined value ranks alone', () => {
  const other = { ...sampleReference('*'), tails: { 'day-zero': TAIL_PROBABILITIES.map(() => 1) } };
  expect(toAnomalyBits(12.5, other)).toBe(12.5);
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
    return (
      toAnomalyBits(rule(rarity.measure({ readings, features }), reference), reference) >= Math.log2(100)
    );
  };
  let rare = 0;
  for (let row = 0; row < 4_000; row++) if (isRare(row)) rare++;
  // One in a hundred, with the sampling error of 4,000 rows.
  expect(rare).toBeGreaterThan(20);
  expect(rare).toBeLessThan(65);
});
