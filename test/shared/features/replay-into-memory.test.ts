// test/shared/features/replay-into-memory.test.ts: streams through histories in memory: labels when known, applied types once.
import { expect, test } from 'vitest';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import { buildContexts, createReplay } from '../../../shared/features/replay-into-memory.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { DAY_MS, makeTransaction, reference, startMs, toTime } from './histories.ts';

const at = (days: number) => toTime(startMs + days * DAY_MS);
const purchase = (transactionId: string, days: number, fields: Record<string, unknown> = {}) => ({
  kind: 'transaction' as const,
  transaction: makeTransaction({ transactionId, eventTime: at(days), merchant: { id: 'shop' }, ...fields }),
  truth: 'unknown',
});
const fraud = (transactionId: string, days: number, knownAtDays: number) => {
  const outcome: Outcome = {
    ...{ outcomeId: `o-${transactionId}`, action: 'new', kind: 'chargeback', portfolioId: 'default' },
    ...{ transactionId, cardToken: 'card-1', merchantKey: 'shop', label: 'fraud' },
    ...{ transactionTime: at(days), labeledAt: at(knownAtDays) },
  };
  return { kind: 'outcome' as const, outcome };
};

const options = { referenceOf: () => reference };
const featureOf = (features: Float32Array, name: string) => features[featureNames.indexOf(name)];

test('a label given early is seen from the instant it became known on, not before', () => {
  const stream = [purchase('t0', 0), fraud('t0', 0, 5), purchase('t1', 4.9), purchase('t2', 5.1)];
  const known = [...buildContexts(stream, options)].map(({ context }) =>
    featureOf(context.features, 'cardKnownFrauds'),
  );
  expect(known).toEqual([0, 0, Math.fround(Math.log1p(1))]);
});

test('every transaction comes back with its own line, in order', () => {
  const stream = [purchase('t0', 0), fraud('t0', 0, 1), purchase('t1', 2)];
  const lines = [...buildContexts(stream, options)].map(({ line }) => line);
  expect(lines).toEqual([stream[0], stream[2]]);
});

test('a clearing whose authorization is in the history is not counted twice', () => {
  const stream = [
    purchase('t0', 0),
    purchase('t1', 1, { type: 'clearing', originalTransactionId: 't0' }),
    purchase('t2', 2),
  ];
  const built = [...buildContexts(stream, options)];
  expect(built.map(({ isAppended }) => isAppended)).toEqual([true, false, true]);
  expect(built[2]?.context.eventCount).toBe(2);
  expect(featureOf(built[2]?.context.features ?? new Float32Array(), 'cardCountLong')).toBeCloseTo(
    Math.log1p(2),
  );
});

test('a clearing whose authorization was never seen counts as spending', () => {
  const stream = [purchase('t1', 1, { type: 'clearing', originalTransactionId: 't0' }), purchase('t2', 2)];
  const built = [...buildContexts(stream, options)];
  expect(featureOf(built[1]?.context.features ?? new Float32Array(), 'cardCountLong')).toBeCloseTo(
    Math.log1p(2),
  );
});

test('a refund takes its amount out of the sums, is no purchase, and is an event of the history', () => {
  const stream = [purchase('t0', 0), purchase('t1', 1, { type: 'refund' }), purchase('t2', 2)];
  const { context } = [...buildContexts(stream, options)][2] ?? {};
  expect(context?.eventCount).toBe(3);
  const features = context?.features ?? new Float32Array();
  expect(featureOf(features, 'cardCountLong')).toBeCloseTo(Math.log1p(2));
  expect(featureOf(features, 'cardMeanLong')).toBeCloseTo(Math.log(0.5 + 0.02));
  expect(featureOf(features, 'cardReturns')).toBeCloseTo(Math.log1p(1));
});

test('portfolios do not share histories', () => {
  const replay = createReplay(options);
  replay.push(makeTransaction({ transactionId: 't0', portfolioId: 'north' }));
  const { context } = replay.push(
    makeTransaction({ transactionId: 't1', portfolioId: 'south', eventTime: at(1) }),
  );
  expect(context.eventCount).toBe(1);
});
