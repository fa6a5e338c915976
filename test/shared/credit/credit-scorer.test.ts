// test/shared/credit/credit-scorer.test.ts: risk never falls with missed payments; the score's scale; what a thin file says; broken models are refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBillingHistory, selectBillingEvents } from '../../../shared/credit/billing-months.ts';
import { figureNames } from '../../../shared/credit/credit-figures.ts';
import { parseCreditModel, toCreditModelBytes } from '../../../shared/credit/credit-model.ts';
import { type CreditScorer, createCreditScorer, eventsBefore } from '../../../shared/credit/credit-scorer.ts';
import {
  CREDIT_FILES,
  loadCreditVersion,
  writeCreditVersion,
} from '../../../shared/credit/credit-version.ts';
import { creditInputNames, toCreditInputs } from '../../../shared/credit/encode-history.ts';
import { toCreditScore } from '../../../shared/credit/score-scale.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { loadPretrained } from '../../../shared/encoder/pretrained.ts';
import { createReferenceBuilder } from '../../../shared/features/build-reference.ts';
import { describeEvent } from '../../../shared/features/describe-event.ts';
import { appendEvent, viewBefore } from '../../../shared/sequence/entity-record.ts';
import { hashTransactionId } from '../../../shared/sequence/id-hash.ts';
import { limitsOf } from '../../../shared/sequence/record-limits.ts';
import type { EntityRecord } from '../../../shared/sequence/state-store.ts';
import { chooseBackend } from '../../../shared/training/backend.ts';
import { fitCreditModel } from '../../../shared/training/fit-credit-model.ts';

interface Month {
  readonly bill: number;
  readonly repaid: number;
  readonly monthsPastDue: number;
}
const AS_OF = new Date('2025-10-01T00:00:00Z');
const LIMIT = { amountMinor: 500_000, currency: 'EUR' };
const reference = createReferenceBuilder('test').build();

/** Months oldest first, the last one in September. */
function toRecord(months: readonly Month[]): EntityRecord | undefined {
  let record: EntityRecord | undefined;
  const append = (type: string, eventTime: string, amount: number, monthsPastDue?: number) => {
    const transactionId = `${type}-${eventTime}`;
    const transaction = transactionSchema.parse({
      transactionId,
      type,
      eventTime,
      cardToken: 'tok_test',
      accountId: 'account',
      amountMinor: Math.round(100 * amount),
      currency: 'EUR',
      ...(monthsPastDue === undefined ? {} : { monthsPastDue }),
    });
    const view = viewBefore(record, { timeMs: Date.parse(eventTime), ...hashTransactionId(transactionId) });
    record = appendEvent(record, describeEvent(transaction, view, reference), limitsOf('a|'));
  };
  months.forEach(({ bill, repaid, monthsPastDue }, index) => {
    const month = String(10 - months.length + index).padStart(2, '0');
    if (repaid > 0) append('repayment', `2025-${month}-15T10:00:00Z`, repaid);
    append('statement', `2025-${month}-28T10:00:00Z`, bill, monthsPastDue);
  });
  return record;
}

const subjectOf = (months: readonly Month[]) => ({
  portfolioId: 'default',
  events: eventsBefore(toRecord(months), AS_OF),
  limit: 5_000,
  asOfMs: AS_OF.getTime(),
});

/** A risk that FALLS with arrears in the training rows: a model that only learnt could fall, too. */
function contraryAccounts(count: number): { months: Month[]; isDefault: boolean }[] {
  return Array.from({ length: count }, (_, index) => {
    const monthsPastDue = (index * 7) % 4;
    const months = Array.from({ length: 6 }, (__, month) => ({
      bill: 200 + ((index * 37 + month * 91) % 900),
      repaid: (index * 13 + month * 29) % 200,
      monthsPastDue,
    }));
    return { months, isDefault: monthsPastDue === 0 ? index % 3 !== 0 : index % 5 === 0 };
  });
}

const directory = mkdtempSync(join(tmpdir(), 'fraud-credit-test-'));
let scorer: CreditScorer;

beforeAll(async () => {
  const { tf } = await chooseBackend();
  const { config, model, encoderVersion } = loadPretrained('tiny');
  const accounts = contraryAccounts(240);
  const rows = await toCreditInputs(
    accounts.map(({ months }) => subjectOf(months)),
    undefined,
  );
  const inputs = creditInputNames(config);
  const width = inputs.length - figureNames.length;
  // Readings are noise here: what matters is that the encoder is in the path of every answer.
  const padded = rows.map((row, index) => {
    const whole = Float32Array.from(inputs, (_, column) => Math.sin(index * 12.9 + column * 78.2));
    whole.set(row, width);
    return whole;
  });
  const labels = Uint8Array.from(accounts, ({ isDefault }) => (isDefault ? 1 : 0));
  const settings = { seed: 3, members: 2, epochs: 3, batchRows: 64, hidden: 12, joint: 9 };
  const fitted = await fitCreditModel(tf, { inputs, rows: padded, labels }, settings);
  const files = new Map<string, Uint8Array>([
    [CREDIT_FILES.model, toCreditModelBytes(fitted.model)],
    [CREDIT_FILES.encoder, model],
    [CREDIT_FILES.reference, new TextEncoder().encode(JSON.stringify(reference))],
  ]);
  const { calibrator, baseRate } = fitted;
  const parts = {
    modelVersion: 'credit-test',
    createdAt: '2026-01-01T00:00:00Z',
    outcome: 'default',
    inputs,
  };
  const encoder = { version: encoderVersion, config };
  const version = await writeCreditVersion(
    join(directory, 'v'),
    { ...parts, encoder, calibrator, baseRate },
    files,
  );
  scorer = await createCreditScorer(version);
}, 60_000);

afterAll(async () => {
  await scorer?.close();
  rmSync(directory, { recursive: true, force: true });
});

const assess = (months: readonly Month[]) =>
  scorer.assess({ portfolioId: 'default', account: toRecord(months), asOf: AS_OF, creditLimit: LIMIT });

const anyMonth = fc.record({
  bill: fc.integer({ min: 0, max: 9_000 }),
  repaid: fc.integer({ min: 0, max: 4_000 }),
  monthsPastDue: fc.integer({ min: 0, max: 8 }),
});

test('more months past due on any statements never lower the risk nor raise the score, even when training data says so', async () => {
  const more = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyMonth, { minLength: 1, maxLength: 6 }), more, async (months, added) => {
      const worse = months.map((month, index) => ({
        ...month,
        monthsPastDue: month.monthsPastDue + (added[index] ?? 0),
      }));
      const [before, after] = [await assess(months), await assess(worse)];
      expect(after.probabilityOfDefault).toBeGreaterThanOrEqual(before.probabilityOfDefault);
      expect(after.score).toBeLessThanOrEqual(before.score);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a model with one negative weight on the rising path is refused', () => {
  const { files } = loadCreditVersion(join(directory, 'v'));
  const { network, reference: applicant } = parseCreditModel(
    files.get(CREDIT_FILES.model) ?? new Uint8Array(),
  );
  const [first, ...others] = network.members;
  if (!first) throw new Error('expected a member');
  const outWeights = first.outWeights.slice();
  outWeights[0] = -0.001;
  const broken = { inputs: network.inputs, members: [{ ...first, outWeights }, ...others] };
  const bytes = toCreditModelBytes({ network: broken, reference: applicant });
  expect(() => parseCreditModel(bytes)).toThrow(/negative weight/);
});

test('a version whose file was changed is refused', () => {
  writeFileSync(join(directory, 'v', CREDIT_FILES.reference), '{}');
  expect(() => loadCreditVersion(join(directory, 'v'))).toThrow(/digest|reference\.json/);
});

test('an account without statements gets the base rate and says so, one with few says thin', async () => {
  const none = await assess([]);
  const month = { bill: 300, repaid: 100, monthsPastDue: 0 };
  expect(none.dataSufficiency).toBe('none');
  expect(none.factors).toEqual([{ code: 'history', sentence: 'No statement of this account is known.' }]);
  expect((await assess([month, month])).dataSufficiency).toBe('thin');
  expect((await assess([month, month, month])).dataSufficiency).toBe('sufficient');
});

test('what happens at or after the asked instant changes nothing', async () => {
  const month = { bill: 300, repaid: 100, monthsPastDue: 0 };
  const months = [month, month, month, { ...month, monthsPastDue: 4 }];
  const asOf = new Date('2025-09-01T00:00:00Z');
  const ask = (account: EntityRecord | undefined) =>
    scorer.assess({ portfolioId: 'default', account, asOf, creditLimit: LIMIT });
  const events = eventsBefore(toRecord(months), asOf);
  expect(readBillingHistory(selectBillingEvents(events, asOf.getTime())).statements).toBe(3);
  const calm = [month, month, month, { ...month, bill: 9_000 }];
  expect(await ask(toRecord(months))).toEqual(await ask(toRecord(calm)));
});

test('the score is 650 at odds of 20 to 1, 40 points more at twice the odds, and stays between 300 and 850', () => {
  expect(toCreditScore(1 / 21)).toBe(650);
  expect(toCreditScore(1 / 41)).toBe(690);
  expect(toCreditScore(0)).toBe(850);
  expect(toCreditScore(1)).toBe(300);
});
