// test/shared/scoring/rules-beside-the-model.test.ts: what lists and rules make of a decision, and of the next one when they change.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { type Decision, decisionSchema } from '../../../shared/domain/decision.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { createMembership } from '../../../shared/rules/membership.ts';
import { createRuleSet, type RuleSet } from '../../../shared/rules/rule-set.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer } from '../../../shared/scoring/scorer.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const encoder = createRecordingEncoder({ config: champion.config });

const rulesOf = (effect: 'block' | 'allow', shadow = false): RuleSet =>
  createRuleSet(`digest-${effect}`, [
    {
      code: 'LISTED',
      effect,
      sentence: 'Listed.',
      shadow,
      about: 'card',
      test: { kind: 'list', isMember: createMembership('card', new Set(['card-1'])), size: 1 },
    },
  ]);

function createWorld(rules?: RuleSet) {
  const scorer = createScorer({ champion, encoder, rules, clock: createSettableClock(0) });
  const decide = async (amountMinor: number): Promise<Decision> => {
    const transaction = transactionSchema.parse({
      transactionId: 't-1',
      eventTime: '2026-03-01T10:00:00Z',
      cardToken: 'card-1',
      amountMinor,
      currency: 'EUR',
    });
    const request = { transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 };
    const [evaluation] = await scorer.evaluateMany([request], (keys) => keys.map(() => undefined));
    if (evaluation?.kind !== 'decided') throw new Error('expected a decision');
    return evaluation.decision;
  };
  return { scorer, decide };
}

test('a listed card is declined or approved whatever the model says; score and risk level stay the model’s', async () => {
  const plain = await createWorld().decide(100);
  const blocked = await createWorld(rulesOf('block')).decide(100);
  expect(plain.decision).toBe('approve');
  expect(blocked).toMatchObject({ decision: 'decline', decidedBy: 'list', score: plain.score });
  expect(blocked.riskLevel).toBe(plain.riskLevel);
  expect(blocked.rules?.hits).toEqual([{ code: 'LISTED', effect: 'block', sentence: 'Listed.' }]);
  const risky = await createWorld().decide(100_000);
  expect(risky.decision).toBe('decline');
  expect(await createWorld(rulesOf('allow')).decide(100_000)).toMatchObject({
    decision: 'approve',
    decidedBy: 'list',
    riskLevel: risky.riskLevel,
  });
});

test('in shadow the decision is the same but for the finding, which stands last', async () => {
  const plain = await createWorld().decide(100);
  const { rules, ...rest } = await createWorld(rulesOf('block', true)).decide(100);
  const { timingsMs: _plainTimings, ...others } = plain;
  const { timingsMs: _timings, ...same } = rest;
  expect(JSON.stringify(same)).toBe(JSON.stringify(others));
  expect(rules?.shadowHits).toHaveLength(1);
});

test('without rules a decision has no word of them; with rules its keys stand in the order of the schema', async () => {
  expect(JSON.stringify(await createWorld().decide(100))).not.toContain('"rules"');
  const decision = JSON.parse(JSON.stringify(await createWorld(rulesOf('allow')).decide(100)));
  expect(decisionSchema.parse(decision)).toEqual(decision);
  expect(Object.keys(decision)).toEqual(Object.keys(decisionSchema.shape).filter((key) => key in decision));
});

test('replaced rules judge from the next call on, and stay when the model is replaced', async () => {
  const { scorer, decide } = createWorld(rulesOf('block'));
  const underWay = decide(100);
  scorer.replaceRules(rulesOf('allow'));
  expect((await underWay).rules?.digest).toBe('digest-block');
  expect((await decide(100)).rules?.digest).toBe('digest-allow');
  scorer.replaceModel({ champion, encoder });
  expect((await decide(100)).rules?.digest).toBe('digest-allow');
  scorer.replaceRules(undefined);
  expect((await decide(100)).rules).toBeUndefined();
});
