// test/shared/archive/find-in-archive.test.ts: transactions are found by id in the archived events, long after their decision was forgotten.
import { expect, test } from 'vitest';
import { findInArchive } from '../../../shared/archive/find-in-archive.ts';
import { findInDecisions, findInTurn } from '../../../shared/labels/find-transactions.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import { trainingRow } from '../../support/archive-records.ts';
import { useArchive } from '../../support/use-archive.ts';

const named = (transactionId: string, portfolioId = 'default') => ({ portfolioId, transactionId });

test('card, time, merchant and account come back in the order asked, nothing for what is not there', async () => {
  const archive = await useArchive();
  await archive.write('rows', [
    trainingRow('a', 0.5, { cardToken: 'tok_anna', accountId: 'acc-1' }),
    trainingRow('b', 9, { cardToken: 'tok_ben', merchantKey: undefined }),
    trainingRow("o'hara", 2),
  ]);
  const find = findInArchive(archive.store);
  const [ben, none, otherPortfolio, anna, quoted] = await find([
    named('b'),
    named('never'),
    named('a', 'other'),
    named('a'),
    named("o'hara"),
  ]);
  expect(ben).toEqual({ cardToken: 'tok_ben', transactionTime: '2026-03-10T00:00:00.000Z' });
  expect([none, otherPortfolio]).toEqual([undefined, undefined]);
  expect(anna).toEqual({
    cardToken: 'tok_anna',
    transactionTime: '2026-03-01T12:00:00.000Z',
    merchantKey: 'term-1',
    accountId: 'acc-1',
  });
  expect(quoted?.transactionTime).toBe('2026-03-03T00:00:00.000Z');
  expect(await find([])).toEqual([]);
});

test('the archive is asked for what the decision store has forgotten', async () => {
  const archive = await useArchive();
  await archive.write('rows', [trainingRow('old', 1)]);
  const store = createMemoryStateStore();
  const bytes = Buffer.from(JSON.stringify({ cardToken: 'tok_new', eventTime: '2026-03-05T00:00:00.000Z' }));
  await store.commit({
    decisions: [{ decisionKey: 'default|new', contentHash: '', keepUntilMs: Number.MAX_SAFE_INTEGER, bytes }],
  });
  const find = findInTurn([findInDecisions(store), findInArchive(archive.store)]);
  const found = await find([named('old'), named('new'), named('never')]);
  expect(found.map((facts) => facts?.cardToken)).toEqual(['tok_3', 'tok_new', undefined]);
});
