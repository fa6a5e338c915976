// test/shared/scoring/explain-flagged.test.ts: flagged transactions get reasons by occlusion, once, in one more call; what cannot be explained in time keeps those by surprise, and says so.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { type Transaction, transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import type { EvaluationLimits } from '../../../shared/scoring/deadline.ts';
import { OCCLUDED_EVENTS } from '../../../shared/scoring/occlude.ts';
import { occlusionGroups } from '../../../shared/scoring/occlusion-groups.ts';
import { createScorer, type ScorerOptions } from '../../../shared/scoring/scorer.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const clock = createSettableClock(Date.parse('2026-03-01T12:00:00Z'));

/** Thresholds lie at e² and e⁴ medians: the larger amounts are flagged. */
function createTransaction(index: number, amountMinor: number): Transaction {
  return transactionSchema.parse({
    transactionId: `t-${index}`,
    eventTime: new Date(Date.parse('2026-03-01T10:00:00Z') + index * 60_000).toISOString(),
    cardToken: 'card-1',
    amountMinor,
    currency: 'EUR',
  });
}

async function decide(
  encoder: ScorerOptions['encoder'],
  amounts: readonly number[],
  limits?: EvaluationLimits,
) {
  const scorer = createScorer({ champion, encoder, clock });
  const requests = amounts.map((amountMinor, index) => {
    const transaction = createTransaction(index, amountMinor);
    return { transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 };
  });
  const evaluations = await scorer.evaluateMany(requests, (keys) => keys.map(() => undefined), limits);
  return evaluations.flatMap((one) => (one.kind === 'decided' ? [one] : []));
}

const reasonsOf = ({ reasonCodes, reasonsFrom }: Decision) => [
  reasonsFrom,
  reasonCodes.map(({ code }) => code),
];
const SMALL = 200;
const LARGE = 9_000_000;

test('only what is flagged is scored again: its groups and its recent events, in one call', async () => {
  const encoder = createRecordingEncoder({ config: champion.config });
  const [approved, , , , , , flagged] = await decide(encoder, [
    SMALL,
    SMALL,
    SMALL,
    SMALL,
    SMALL,
    SMALL,
    LARGE,
  ]);
  expect(approved?.decision).toMatchObject({ decision: 'approve', reasonsFrom: 'surprise' });
  expect(flagged?.decision).toMatchObject({ decision: 'decline', reasonsFrom: 'occlusion' });
  expect(encoder.calls.map((rows) => rows.length)).toEqual([7, occlusionGroups.length + OCCLUDED_EVENTS]);
});

test('the score of this champion rests on the amount alone, and so says its only reason', async () => {
  const encoder = createRecordingEncoder({ config: champion.config });
  const [, flagged] = await decide(encoder, [SMALL, LARGE]);
  const { decision, rawScore } = flagged ?? {};
  expect(decision?.reasonCodes).toEqual([
    {
      code: 'AMOUNT_UNUSUAL_FOR_CARD',
      direction: 'raises',
      // Without it the amount is the median: a raw score of ln 1.01.
      contribution: Math.round((((rawScore ?? 0) - Math.log(1.01)) / Math.LN2) * 100) / 100,
      sentence: 'The amount is unusual for this card.',
    },
  ]);
});

test('an earlier event that raises the score is named with its age', async () => {
  const encoder = createRecordingEncoder({
    config: champion.config,
    rawScoresOf: ({ events }) => {
      const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
      let sum = 0;
      for (let at = 20; at < events.byteLength; at += EVENT_BYTES) sum += Math.log(view.getFloat32(at, true));
      return [sum];
    },
  });
  const evaluations = await decide(encoder, [SMALL, LARGE, LARGE, SMALL]);
  const reason = evaluations[3]?.decision.reasonCodes.find(({ code }) => code === 'RECENT_BEHAVIOUR_UNUSUAL');
  expect(reason?.sentence).toBe(
    'The previous transaction of this card, 1 minute before, raises the risk of this one.',
  );
});

test.each(['FRAUD_ENCODER_FAILED', 'FRAUD_ENCODER_OVERLOADED'] as const)(
  'an encoder that answers the scores and then %s leaves the decision and its reasons by surprise',
  async (code) => {
    const answering = createRecordingEncoder({ config: champion.config });
    const before = await decide(answering, [SMALL, LARGE]);
    const encoder = {
      encodeMany: async (rows: Parameters<typeof answering.encodeMany>[0]) => {
        if (rows.length > 2) throw new AppError(code);
        return answering.encodeMany(rows);
      },
    };
    const [, flagged] = await decide(encoder, [SMALL, LARGE]);
    expect(flagged?.decision).toMatchObject({ decision: 'decline', tier: 'full', reasonsFrom: 'surprise' });
    expect(flagged?.decision.score).toBe(before[1]?.decision.score);
  },
);

test('explanations that are late are not waited for', async () => {
  const answering = createRecordingEncoder({ config: champion.config });
  const encoder = {
    encodeMany: (rows: Parameters<typeof answering.encodeMany>[0]) =>
      rows.length > 2 ? new Promise<never>(() => {}) : answering.encodeMany(rows),
  };
  const [, flagged] = await decide(encoder, [SMALL, LARGE], { encodedBy: performance.now() + 50 });
  expect(flagged?.decision).toMatchObject({ decision: 'decline', tier: 'full', reasonsFrom: 'surprise' });
});

test('asked for everything, approvals get their effects and keep their decision', async () => {
  const encoder = createRecordingEncoder({ config: champion.config });
  const [approved, flagged] = await decide(encoder, [SMALL, LARGE]);
  const [approvedFully, flaggedFully] = await decide(encoder, [SMALL, LARGE], { explainsAll: true });
  expect(approvedFully?.effects?.map(({ code }) => code)).toEqual(occlusionGroups.map(({ code }) => code));
  expect(flaggedFully?.effects).toHaveLength(occlusionGroups.length + 1);
  expect(approved?.effects ?? flagged?.effects).toBeUndefined();
  expect([approvedFully, flaggedFully].map((one) => one && reasonsOf(one.decision))).toEqual(
    [approved, flagged].map((one) => one && reasonsOf(one.decision)),
  );
});

test('every feature that a group names exists, and none is in two groups', () => {
  const places = occlusionGroups.flatMap(({ features }) => features.map(([place]) => place));
  expect(places.filter((place) => place < 0)).toEqual([]);
  expect(new Set(places).size).toBe(places.length);
  expect(places.length).toBeGreaterThan(featureNames.length / 2);
});

test('of a wave of flagged transactions only those of the highest scores are explained, the others keep their reasons by surprise', async () => {
  const encoder = createRecordingEncoder({ config: champion.config });
  const amounts = [LARGE, 4 * LARGE, 2 * LARGE, 8 * LARGE];
  const decided = await decide(encoder, amounts, { explainedAtMost: 2 });
  expect(decided.map(({ decision }) => decision.reasonsFrom)).toEqual([
    'surprise',
    'occlusion',
    'surprise',
    'occlusion',
  ]);
  const [, alone] = await decide(encoder, amounts);
  expect(decided[1]?.decision.reasonCodes).toEqual(alone?.decision.reasonCodes);
});
