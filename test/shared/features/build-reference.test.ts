// test/shared/features/build-reference.test.ts: the population reference against exact statistics of the same traffic.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { createReferenceBuilder } from '../../../shared/features/build-reference.ts';
import { populationReferenceSchema } from '../../../shared/features/population-reference.ts';
import { makeTransaction, startMs, toTime } from './histories.ts';

const generator = xoroshiro128plus(7);
const uniform = () => uniformFloat64(generator);

/** Log-normal amounts of 50 cards in two currencies with very different units. */
const traffic = Array.from({ length: 4_000 }, (_, index) => {
  const spread = Math.exp(Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
  const isYen = index % 4 === 0;
  return makeTransaction({
    transactionId: `t${index}`,
    cardToken: `card-${index % 50}`,
    eventTime: toTime(startMs + index * 600_000),
    currency: isYen ? 'JPY' : 'EUR',
    amountMinor: Math.round(3000 * spread),
  });
});

function referenceOf(transactions: typeof traffic) {
  const builder = createReferenceBuilder('shop-cards');
  for (const transaction of transactions) builder.add(transaction);
  return builder.build();
}

const exactQuantile = (values: readonly number[], share: number): number =>
  [...values].sort((left, right) => left - right)[Math.floor(share * values.length)] ?? Number.NaN;

test('medians and quantiles are those of the traffic to half a percent', () => {
  const reference = referenceOf(traffic);
  const euros = traffic
    .filter(({ currency }) => currency === 'EUR')
    .map(({ amountMinor }) => amountMinor / 100);
  const yen = traffic.filter(({ currency }) => currency === 'JPY').map(({ amountMinor }) => amountMinor);
  expect((reference.currencyMedians.EUR ?? 0) / exactQuantile(euros, 0.5)).toBeCloseTo(1, 2);
  expect((reference.currencyMedians.JPY ?? 0) / exactQuantile(yen, 0.5)).toBeCloseTo(1, 2);
  expect(reference.currencyMedians['*']).toBe(reference.currencyMedians.EUR);
  const logs = [
    ...euros.map((amount) => Math.log(amount / (reference.currencyMedians.EUR ?? 1))),
    ...yen.map((amount) => Math.log(amount / (reference.currencyMedians.JPY ?? 1))),
  ];
  expect(reference.amount.quantile95).toBeCloseTo(exactQuantile(logs, 0.95), 1);
  expect(reference.amount.quantile99).toBeCloseTo(exactQuantile(logs, 0.99), 1);
  expect(reference.amount.mean).toBeCloseTo(logs.reduce((sum, value) => sum + value, 0) / logs.length, 2);
});

test('distributions sum to one, the typical card is near the population, and the schema holds', () => {
  const reference = referenceOf(traffic);
  const total = (logs: readonly number[]) => logs.reduce((sum, value) => sum + Math.exp(value), 0);
  expect(total(reference.amount.binLogProbabilities)).toBeCloseTo(1, 9);
  expect(total(reference.hourLogProbabilities)).toBeCloseTo(1, 9);
  expect(reference.cardLevel.mean).toBeGreaterThan(0.8);
  expect(reference.cardLevel.mean).toBeLessThan(2);
  expect(reference.madeFrom).toEqual({
    firstEventTime: traffic[0]?.eventTime,
    lastEventTime: traffic.at(-1)?.eventTime,
    transactions: 4_000,
  });
  expect(populationReferenceSchema.parse(reference)).toEqual(reference);
});

test('medians and distributions do not depend on the order of the traffic', () => {
  const { cardLevel: _level, ...forwards } = referenceOf(traffic);
  const { cardLevel: _other, ...backwards } = referenceOf([...traffic].reverse());
  expect(backwards.currencyMedians).toEqual(forwards.currencyMedians);
  expect(backwards.amount.quantile99).toBeCloseTo(forwards.amount.quantile99, 12);
  expect(backwards.madeFrom).toEqual(forwards.madeFrom);
});

test('no traffic, and traffic of nothing but zero amounts, still give a valid reference', () => {
  expect(() => populationReferenceSchema.parse(referenceOf([]))).not.toThrow();
  const zero = referenceOf([makeTransaction({ amountMinor: 0 })]);
  expect(populationReferenceSchema.parse(zero).currencyMedians).toEqual({ '*': 1 });
});

test('applied types do not count', () => {
  expect(referenceOf([makeTransaction({ type: 'refund' })]).madeFrom.transactions).toBe(0);
});
