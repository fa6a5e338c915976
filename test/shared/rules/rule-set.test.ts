// test/shared/rules/rule-set.test.ts: which entries hit, in which precedence, and what cannot be asked.
import { expect, test } from 'vitest';
import type { DecisionVerb } from '../../../shared/domain/decision.ts';
import { type Transaction, transactionSchema } from '../../../shared/domain/transaction.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { createMembership } from '../../../shared/rules/membership.ts';
import { compileExpression } from '../../../shared/rules/rule-expression.ts';
import { type CompiledEntry, createRuleSet, overrule } from '../../../shared/rules/rule-set.ts';
import type { ListField } from '../../../shared/rules/rules-file.ts';

const features = new Float32Array(featureNames.length);
features[featureNames.indexOf('cardCountTenMinutes')] = Math.log(1 + 7);

function transactionOf(changes: Partial<Transaction> = {}): Transaction {
  return transactionSchema.parse({
    transactionId: 't-1',
    eventTime: '2026-03-01T10:00:00Z',
    cardToken: 'card-1',
    amountMinor: 2_000,
    currency: 'EUR',
    ...changes,
  });
}

const listOf = (effect: 'block' | 'allow', shadow = false): CompiledEntry => ({
  code: `${effect}-list`,
  effect,
  sentence: 'x',
  shadow,
  about: 'card',
  test: { kind: 'list', isMember: createMembership('card', new Set(['card-1'])), size: 1 },
});

function ruleOf(effect: 'decline' | 'review', when: string, shadow = false): CompiledEntry {
  const expression = compileExpression(when);
  if (expression.kind === 'refused') throw new Error(expression.why);
  return { code: when, effect, sentence: 'x', shadow, about: when, test: { kind: 'rule', expression } };
}

/** What becomes of the model's decision. */
function decide(entries: readonly CompiledEntry[], byModel: DecisionVerb): string {
  const finding = createRuleSet('digest', entries).judge({ transaction: transactionOf(), features });
  const overruled = overrule(byModel, finding);
  return overruled ? `${overruled.decision} by ${overruled.decidedBy}` : `${byModel} by model`;
}

test('block list before allow list before decline rule before model before review rule', () => {
  const block = listOf('block');
  const allow = listOf('allow');
  const decline = ruleOf('decline', 'true');
  const review = ruleOf('review', 'true');
  expect(decide([review, decline, allow, block], 'approve')).toBe('decline by list');
  expect(decide([review, decline, allow], 'decline')).toBe('approve by list');
  expect(decide([review, decline], 'approve')).toBe('decline by rule');
  expect(decide([review], 'approve')).toBe('review by rule');
  expect(decide([review], 'review')).toBe('review by model');
  expect(decide([review], 'decline')).toBe('decline by model');
  expect(decide([], 'approve')).toBe('approve by model');
  expect(decide([ruleOf('decline', 'false')], 'approve')).toBe('approve by model');
});

test('an entry in shadow is found and changes nothing', () => {
  const entries = [listOf('block', true), ruleOf('decline', 'true', true), ruleOf('review', 'true')];
  expect(decide(entries, 'approve')).toBe('review by rule');
  const finding = createRuleSet('digest', entries).judge({ transaction: transactionOf(), features });
  expect(finding.hits.map(({ effect }) => effect)).toEqual(['review']);
  expect(finding.shadowHits.map(({ effect }) => effect)).toEqual(['block', 'decline']);
});

test('all hits are found, those overruled too, and a decision without a hit still names the digest', () => {
  const entries = [listOf('allow'), ruleOf('decline', 'true')];
  const ruleSet = createRuleSet('digest', entries);
  const finding = ruleSet.judge({ transaction: transactionOf(), features });
  expect(finding.hits.map(({ effect }) => effect)).toEqual(['allow', 'decline']);
  const nothing = createRuleSet('digest', [listOf('block')]).judge({
    transaction: transactionOf({ cardToken: 'another' }),
    features,
  });
  expect(nothing).toEqual({ digest: 'digest', hits: [], shadowHits: [] });
});

test('a rule that throws does not fire, is named, and fails nothing', () => {
  const entries = [ruleOf('decline', '1 / 0 > 1'), ruleOf('review', 'true')];
  const finding = createRuleSet('digest', entries).judge({ transaction: transactionOf(), features });
  expect(finding.notJudged).toEqual(['1 / 0 > 1']);
  expect(overrule('approve', finding)).toEqual({ decision: 'review', decidedBy: 'rule' });
});

test('while the histories are out of reach rules that read features are not judged, the others are', () => {
  const velocity = ruleOf('decline', 'feature.cardCountTenMinutes > 1.0');
  const ruleSet = createRuleSet('digest', [velocity, ruleOf('review', 'amountMinor > 1000.0')]);
  const question = { transaction: transactionOf(), features };
  expect(ruleSet.judge(question).hits).toHaveLength(2);
  const without = ruleSet.judge({ ...question, withoutHistory: true });
  expect(without.notJudged).toEqual([velocity.code]);
  expect(without.hits.map(({ effect }) => effect)).toEqual(['review']);
});

test.each([
  ['count(feature.cardCountTenMinutes) == 7.0', true],
  ['amountMinor >= 2000 && currency == "EUR"', true],
  ['merchant.country == "" && merchant.mcc == "5411"', true],
  ['merchant.mcc in ["5411", "5412"] && !merchant.name.startsWith("x")', true],
  ['billingAmountMinor == -1.0', true],
  ['cardPresent == "no"', true],
  ['authentication.threeDSecure == "failed"', true],
  ['deviceId == ""', true],
  ['bin == "457173"', true],
  ['transactionType == "transfer"', false],
])('%s is %s', (when, expected) => {
  const transaction = transactionOf({
    merchant: { mcc: '5411' },
    cardPresent: false,
    authentication: { threeDSecure: 'failed' },
    bin: '457173',
  });
  const { hits } = createRuleSet('digest', [ruleOf('review', when)]).judge({ transaction, features });
  expect(hits.length === 1).toBe(expected);
});

test('fields of one transaction do not stay for the next', () => {
  const ruleSet = createRuleSet('digest', [ruleOf('review', 'merchant.mcc == "5411" || ipCountry == "FR"')]);
  const judge = (changes: Partial<Transaction>) =>
    ruleSet.judge({ transaction: transactionOf(changes), features }).hits.length;
  expect([judge({ merchant: { mcc: '5411' } }), judge({}), judge({ ipCountry: 'FR' }), judge({})]).toEqual([
    1, 0, 1, 0,
  ]);
});

test.each<[ListField, Partial<Transaction>]>([
  ['card', { cardToken: 'x' }],
  ['account', { accountId: 'x' }],
  ['customer', { customerId: 'x' }],
  ['merchant', { merchant: { id: 'x' } }],
  ['terminal', { merchant: { terminalId: 'x' } }],
  ['device', { deviceId: 'x' }],
  ['country', { merchant: { country: 'XX' } }],
  ['ipCountry', { ipCountry: 'XX' }],
])('a list of %s looks at that field, and a transaction without it is in no list', (field, changes) => {
  const isMember = createMembership(field, new Set(['x', 'XX']));
  expect(isMember(transactionOf(changes))).toBe(true);
  expect(isMember(transactionOf())).toBe(false);
});

test('a list of some portfolios leaves the others alone', () => {
  const isMember = createMembership('card', new Set(['card-1']), ['shop']);
  expect(isMember(transactionOf({ portfolioId: 'shop' }))).toBe(true);
  expect(isMember(transactionOf())).toBe(false);
});

test.each([
  ['457173', true],
  ['45718012', true],
  ['457199', true],
  ['457200', false],
  ['457172', false],
  ['52401234', true],
  ['524012', false],
  ['52401235', false],
  ['4999994', true],
  ['500000', true],
  ['500001', false],
])('BIN %s is in the ranges: %s', (bin, expected) => {
  const values = new Set(['457173-457180', '457181-457199', '52401234', '499999-500000']);
  expect(createMembership('bin', values)(transactionOf({ bin }))).toBe(expected);
});
