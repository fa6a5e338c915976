// test/shared/scoring/deadline.test.ts: a lower tier answers in time: features alone when the encoder is late, rules when the histories are.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import type { EvaluationLimits } from '../../../shared/scoring/deadline.ts';
import { createScorer } from '../../../shared/scoring/scorer.ts';
import type { ReadRecords } from '../../../shared/scoring/working-records.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const working = createRecordingEncoder({ config: champion.config });
const never = new Promise<never>(() => {});
const readNothing: ReadRecords = (keys) => keys.map(() => undefined);
const transaction = transactionSchema.parse({
  transactionId: 't-1',
  eventTime: '2026-03-01T10:00:00Z',
  cardToken: 'card-1',
  amountMinor: 2_000,
  currency: 'EUR',
});

async function tierOf(parts: {
  readonly encodeMany?: typeof working.encodeMany;
  readonly readRecords?: ReadRecords;
  readonly limits?: EvaluationLimits;
}): Promise<string> {
  const { encodeMany = working.encodeMany, readRecords = readNothing, limits } = parts;
  const scorer = createScorer({
    champion,
    encoder: { ...working, encodeMany },
    clock: createSettableClock(0),
  });
  const request = { transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 };
  const [evaluation] = await scorer.evaluateMany([request], readRecords, limits);
  return evaluation?.kind === 'decided' ? evaluation.decision.tier : 'none';
}

const inAMinute = performance.now() + 60_000;
const ample = { historyBy: inAMinute, encodedBy: inAMinute };

test('what is there in time is used, with limits as without', async () => {
  expect(await tierOf({})).toBe('full');
  expect(await tierOf({ limits: ample })).toBe('full');
  expect(await tierOf({ limits: ample, readRecords: async (keys) => keys.map(() => undefined) })).toBe(
    'full',
  );
});

test('an encoder that does not answer is not waited for: the features-only head answers', async () => {
  expect(await tierOf({ limits: { encodedBy: performance.now() + 5 }, encodeMany: () => never })).toBe(
    'features-only',
  );
});

test('histories that do not come are not waited for: the rules answer, and the encoder is not asked', async () => {
  const encodeMany = () => Promise.reject(new Error('asked'));
  expect(
    await tierOf({ limits: { historyBy: performance.now() + 5 }, readRecords: () => never, encodeMany }),
  ).toBe('rules');
});
