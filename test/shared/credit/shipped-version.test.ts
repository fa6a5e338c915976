// test/shared/credit/shipped-version.test.ts: the credit version that ships loads, answers sensibly, and says where it comes from.
import { expect, test } from 'vitest';
import { createCreditScorer } from '../../../shared/credit/credit-scorer.ts';
import { CREDIT_FILES, loadCreditVersion } from '../../../shared/credit/credit-version.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { describeEvent } from '../../../shared/features/describe-event.ts';
import { populationReferenceSchema } from '../../../shared/features/population-reference.ts';
import { appendEvent, viewBefore } from '../../../shared/sequence/entity-record.ts';
import { hashTransactionId } from '../../../shared/sequence/id-hash.ts';
import { limitsOf } from '../../../shared/sequence/record-limits.ts';
import type { EntityRecord } from '../../../shared/sequence/state-store.ts';

const version = loadCreditVersion();
const text = (file: string) => new TextDecoder().decode(version.files.get(file));
const reference = populationReferenceSchema.parse(JSON.parse(text(CREDIT_FILES.reference)));

function accountWith(pastDue: readonly number[], repaid: number): EntityRecord | undefined {
  let record: EntityRecord | undefined;
  const append = (type: string, eventTime: string, amountMinor: number, monthsPastDue?: number) => {
    const transactionId = `${type}-${eventTime}`;
    const fields = {
      transactionId,
      type,
      eventTime,
      amountMinor,
      currency: 'EUR',
      cardToken: 'tok',
      accountId: 'a',
    };
    const transaction = transactionSchema.parse(
      monthsPastDue === undefined ? fields : { ...fields, monthsPastDue },
    );
    const view = viewBefore(record, { timeMs: Date.parse(eventTime), ...hashTransactionId(transactionId) });
    record = appendEvent(record, describeEvent(transaction, view, reference), limitsOf('a|'));
  };
  pastDue.forEach((monthsPastDue, index) => {
    if (repaid > 0) append('repayment', `2025-0${index + 1}-12T09:00:00Z`, repaid);
    append('statement', `2025-0${index + 1}-25T09:00:00Z`, 2_500, monthsPastDue);
  });
  return record;
}

test('an account two months past due is riskier than one that repays, and what it is told first is arrears or repayment', async () => {
  const scorer = await createCreditScorer(version);
  const ask = (account: EntityRecord | undefined) =>
    scorer.assess({ portfolioId: 'any', account, asOf: new Date('2025-06-26T00:00:00Z') });
  const late = await ask(accountWith([0, 0, 0, 0, 1, 2], 0));
  const steady = await ask(accountWith([0, 0, 0, 0, 0, 0], 2_500));
  await scorer.close();
  expect(late.probabilityOfDefault).toBeGreaterThan(2 * steady.probabilityOfDefault);
  expect(late.score).toBeLessThan(steady.score);
  const codes: readonly string[] = ['arrears-now', 'arrears-before', 'repayment'];
  expect(late.factors.map(({ code }) => code)).toEqual(expect.arrayContaining(['arrears-before']));
  expect(codes).toContain(late.factors[0]?.code);
  expect(late.factors.length).toBeLessThanOrEqual(4);
  expect(late.modelVersion).toBe(version.manifest.modelVersion);
});

test('the version is of kind credit, names what a default is, and its card says it was trained on simulation', () => {
  expect(version.manifest.kind).toBe('credit');
  expect(version.manifest.outcome).toContain('90 days');
  expect(text(CREDIT_FILES.card)).toContain('simulated');
});

test('no input of the version is a protected attribute', () => {
  const protectedWords = /sex|gender|age\b|marri|educat|nation|race|relig|name/i;
  const figures = version.manifest.inputs.filter((name) => !/^(embedding|forecast|surprise)-/.test(name));
  expect(figures.filter((name) => protectedWords.test(name))).toEqual([]);
});
