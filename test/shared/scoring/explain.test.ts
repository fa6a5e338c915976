// test/shared/scoring/explain.test.ts: reasons are the rarest statistics, strongest first, at most four, ties in a fixed order.
import { expect, test } from 'vitest';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { listStatistics } from '../../../shared/head/statistics.ts';
import { ruleFeatures } from '../../../shared/rules/fallback-rules.ts';
import { createExplain } from '../../../shared/scoring/explain.ts';

const statistics = listStatistics(encoderConfigs.tiny);

function bitsOf(values: Readonly<Record<string, number>>): Float64Array {
  return Float64Array.from(statistics, ({ name }) => values[name] ?? 0);
}

test('every statistic is found among readings or features', () => {
  expect(statistics.filter(({ index }) => index < 0)).toEqual([]);
  expect(ruleFeatures.filter((name) => !featureNames.includes(name))).toEqual([]);
});

test('one reason per code, as strong as the rarest statistic behind it, strongest first', () => {
  const explain = createExplain(statistics, { minimumBits: 3, maximumReasons: 4 });
  const reasons = explain(
    bitsOf({ 'feature-levelZ': 6, 'surprise-amount': 9.12345, 'surprise-hour': 4, 'surprise-gap': 2.9 }),
  );
  expect(reasons.map(({ code, contribution }) => [code, contribution])).toEqual([
    ['AMOUNT_UNUSUAL_FOR_CARD', 9.123],
    ['HOUR_UNUSUAL', 4],
  ]);
});

test('of five equally strong reasons the first four of the list are given', () => {
  const explain = createExplain(statistics, { minimumBits: 3, maximumReasons: 4 });
  const names = [
    'feature-cardHistory',
    'feature-abroad',
    'surprise-hour',
    'feature-amountLog',
    'surprise-gap',
  ];
  const reasons = explain(bitsOf(Object.fromEntries(names.map((name) => [name, 5]))));
  expect(reasons.map(({ code }) => code)).toEqual([
    'AMOUNT_HIGH_FOR_PORTFOLIO',
    'TIMING_UNUSUAL',
    'HOUR_UNUSUAL',
    'COUNTRY_UNUSUAL',
  ]);
});

test('nothing unusual gives no reason', () => {
  expect(createExplain(statistics, { minimumBits: 3, maximumReasons: 4 })(bitsOf({}))).toEqual([]);
});
