// test/shared/features/velocity.test.ts: features equal a naive recomputation, and say what an analyst would read from them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { featureNames, featureVersion } from '../../../shared/features/velocity.ts';
import { DAY_MS, histories, makeTransaction, reference, startMs, toTime } from './histories.ts';
import { naiveFeatures } from './naive-features.ts';

const toNamed = (features: Float32Array): Record<string, number> =>
  Object.fromEntries(featureNames.map((name, index) => [name, features[index] ?? Number.NaN]));

test('features equal a naive recomputation on random histories', () => {
  fc.assert(
    fc.property(histories(60), (lines) => {
      const distinct = lines.filter(({ timeMs }, at) => timeMs !== lines[at - 1]?.timeMs);
      const replay = createReplay({ referenceOf: () => reference });
      for (const line of distinct) {
        const found = toNamed(replay.push(line.transaction).context.features);
        if (line.outcome !== undefined) replay.mark(line.outcome);
        for (const [name, expected] of Object.entries(naiveFeatures(line, distinct))) {
          // Levels and ratios are stored in fixed point: 1/1024 and 1/64.
          expect(Math.abs((found[name] ?? Number.NaN) - expected), name).toBeLessThan(0.01);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('names are unique, one value each, and the version tells them', () => {
  expect(new Set(featureNames).size).toBe(featureNames.length);
  const { context } = createReplay({ referenceOf: () => reference }).push(makeTransaction());
  expect(context.features).toHaveLength(featureNames.length);
  expect(featureVersion).toMatch(/^features-\d+-[0-9a-f]{8}$/);
});

test('a card used twenty times in ten minutes shows in the short counts, sums and merchants', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const push = (index: number, shop: number) =>
    toNamed(
      replay.push(
        makeTransaction({
          transactionId: `t${index}`,
          eventTime: toTime(startMs + index * 20_000),
          merchant: { id: `shop-${shop}` },
          amountMinor: 100,
          cardPresent: false,
          authorizationResponse: 'declined',
        }),
      ).context.features,
    );
  for (let index = 0; index < 19; index++) push(index, index % 5);
  const features = push(19, 0);
  expect(features.cardCountTenMinutes).toBeCloseTo(Math.log1p(20), 5);
  expect(features.cardCountHour).toBeCloseTo(Math.log1p(20), 5);
  expect(features.cardMerchants).toBeCloseTo(Math.log1p(5), 5);
  expect(features.cardDeclines).toBeCloseTo(Math.log1p(20), 5);
  expect(features.cardSmallAmounts).toBeCloseTo(Math.log1p(20), 5);
  expect(features.cardRepeatedAmounts).toBeCloseTo(Math.log1p(19), 5);
  expect(features.cardNotPresentSum).toBeCloseTo(Math.log1p(20 / 40), 5);
});

test('a window that the ring no longer reaches is counted from day buckets, to within the day it cuts', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const perDay = 6;
  let features: Record<string, number> = {};
  for (let index = 0; index < perDay * 35; index++) {
    const eventTime = toTime(startMs + (index * DAY_MS) / perDay);
    features = toNamed(
      replay.push(makeTransaction({ transactionId: `t${index}`, eventTime })).context.features,
    );
  }
  const counted = Math.expm1(features.cardCountLong ?? Number.NaN);
  expect(Math.abs(counted - perDay * 30)).toBeLessThanOrEqual(1);
  expect(Math.exp(features.cardMeanLong ?? Number.NaN) - 0.02).toBeCloseTo(1, 2);
});

test('a merchant with many frauds beyond its ring keeps its risk', () => {
  const replay = createReplay({ referenceOf: () => reference });
  let features: Record<string, number> = {};
  for (let index = 0; index < 2_000; index++) {
    const eventTime = toTime(startMs + (index * 20 * DAY_MS) / 2_000);
    const transaction = makeTransaction({
      transactionId: `t${index}`,
      cardToken: `card-${index % 400}`,
      merchant: { id: 'busy' },
      eventTime,
    });
    features = toNamed(replay.push(transaction).context.features);
    if (index % 4 !== 0) continue;
    replay.mark({
      ...{
        outcomeId: `o${index}`,
        action: 'new',
        kind: 'fraud-report',
        portfolioId: 'default',
        label: 'fraud',
      },
      ...{ transactionId: `t${index}`, cardToken: transaction.cardToken, merchantKey: 'busy' },
      ...{
        transactionTime: eventTime,
        labeledAt: toTime(startMs + (index * 20 * DAY_MS) / 2_000 + 3 * DAY_MS),
      },
    });
  }
  expect(features.merchantRiskMiddle).toBeCloseTo(0.25, 1);
  expect(Math.expm1(features.merchantCountMiddle ?? 0)).toBeCloseTo(700, -1);
});
