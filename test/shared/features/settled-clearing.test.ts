// test/shared/features/settled-clearing.test.ts: a clearing is the payment its authorization told of: no history counts it twice.
import { expect, test } from 'vitest';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { sampleReference } from '../../support/encoder-rows.ts';

const reference = sampleReference('*');
const base = { currency: 'EUR', amountMinor: 1_000, merchant: { id: 'm-busy' }, accountId: 'a-1' };
const at = (hours: number) => new Date(Date.parse('2026-03-01T00:00:00Z') + hours * 3_600_000).toISOString();

test('a clearing changes no history when its card holds the authorization, however busy the merchant was meanwhile', () => {
  const replay = createReplay({ referenceOf: () => reference });
  replay.push(
    transactionSchema.parse({ ...base, transactionId: 't-1', eventTime: at(0), cardToken: 'tok_anna' }),
  );
  for (let index = 0; index < 300; index++) {
    const other = {
      ...base,
      accountId: undefined,
      transactionId: `o-${index}`,
      eventTime: at(1),
      cardToken: `tok_${index}`,
    };
    replay.push(transactionSchema.parse(other));
  }
  const before = new Map(replay.records);
  const clearing = {
    ...base,
    transactionId: 't-2',
    eventTime: at(48),
    cardToken: 'tok_anna',
    type: 'clearing',
    originalTransactionId: 't-1',
  };
  replay.push(transactionSchema.parse(clearing));
  expect(new Map(replay.records)).toEqual(before);
});

test('a clearing whose authorization nobody sent counts once at card, merchant and account', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const orphan = {
    ...base,
    transactionId: 't-2',
    eventTime: at(48),
    cardToken: 'tok_anna',
    type: 'clearing',
    originalTransactionId: 't-1',
  };
  replay.push(transactionSchema.parse(orphan));
  expect([...replay.records.keys()].sort()).toEqual([
    'a|default|a-1',
    'c|default|tok_anna',
    'm|default|m-busy',
  ]);
});
