// test/shared/scoring/scorer.test.ts: the path from transactions to decisions: order, sameness, ladder, thresholds, bytes.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { decisionSchema, toCanonicalDecision } from '../../../shared/domain/decision.ts';
import { trainingRowSchema } from '../../../shared/domain/training-row.ts';
import { type Transaction, transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer, type Evaluation, type Scorer } from '../../../shared/scoring/scorer.ts';
import { encodeTrainingRow, toTrainingRow } from '../../../shared/scoring/to-training-row.ts';
import { appendEvent } from '../../../shared/sequence/entity-record.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { limitsOf } from '../../../shared/sequence/record-limits.ts';
import type { EntityRecord } from '../../../shared/sequence/state-store.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const decidedAtMs = Date.parse('2026-03-01T12:00:00Z');
const encoder = createRecordingEncoder({ config: champion.config });

function createTransaction(index: number, changes: Partial<Transaction> = {}): Transaction {
  return transactionSchema.parse({
    transactionId: `t-${index}`,
    eventTime: new Date(Date.parse('2026-03-01T10:00:00Z') + index * 60_000).toISOString(),
    cardToken: 'card-1',
    amountMinor: 2_000,
    currency: 'EUR',
    merchant: { id: 'shop', mcc: '5411', country: 'DE' },
    ...changes,
  });
}

/** A scorer with histories of its own, applied as a store would between calls. */
function createWorld(options: Partial<Parameters<typeof createScorer>[0]> = {}) {
  const scorer: Scorer = createScorer({
    champion,
    encoder,
    clock: createSettableClock(decidedAtMs),
    ...options,
  });
  const records = new Map<string, EntityRecord>();
  const score = async (transactions: readonly Transaction[]): Promise<Evaluation[]> => {
    const requests = transactions.map((transaction) => ({
      transaction,
      eventTimeMs: Date.parse(transaction.eventTime),
      receivedAtMs: decidedAtMs - 5,
    }));
    const evaluations = await scorer.evaluateMany(requests, (keys) => keys.map((key) => records.get(key)));
    for (const { appends } of evaluations) {
      for (const { entityKey, event, original } of appends) {
        records.set(entityKey, appendEvent(records.get(entityKey), event, limitsOf(entityKey), original));
      }
    }
    return evaluations;
  };
  return { scorer, score };
}

function decisionOf(evaluation: Evaluation | undefined) {
  if (evaluation?.kind !== 'decided') throw new Error('expected a decision');
  return evaluation.decision;
}

test('transactions of one card in one call see each other as if called one by one', async () => {
  const transactions = [1, 2, 3, 4].map((index) => createTransaction(index, { amountMinor: index * 900 }));
  const together = await createWorld().score(transactions);
  const apart = createWorld();
  for (const [index, transaction] of transactions.entries()) {
    const [alone] = await apart.score([transaction]);
    expect(toCanonicalDecision(decisionOf(alone))).toEqual(toCanonicalDecision(decisionOf(together[index])));
  }
  const last = together[3];
  expect(last?.kind === 'decided' && last.context.eventCount).toBe(4);
});

test('a late transaction is judged by what came before it alone', async () => {
  const world = createWorld();
  await world.score([createTransaction(1), createTransaction(9)]);
  const [late] = await world.score([createTransaction(5)]);
  expect(late?.kind === 'decided' && late.context.eventCount).toBe(2);
});

test('an applied transaction changes the history and gets no decision', async () => {
  const world = createWorld();
  const [refund] = await world.score([createTransaction(1, { type: 'refund' })]);
  expect(refund?.kind).toBe('applied');
  const [next] = await world.score([createTransaction(2)]);
  expect(next?.kind === 'decided' && next.context.eventCount).toBe(2);
});

test('a replaced card hands its history on, in the same call and in a later one', async () => {
  const replacing = { cardToken: 'card-2', replacesCardToken: 'card-1' };
  const [, together] = await createWorld().score([createTransaction(1), createTransaction(2, replacing)]);
  expect(together?.kind === 'decided' && together.context.eventCount).toBe(2);
  const world = createWorld();
  await world.score([createTransaction(1)]);
  const [later] = await world.score([createTransaction(2, replacing)]);
  expect(decisionOf(later).contextDigest).toBe(decisionOf(together).contextDigest);
});

test('a decision is valid, and its keys stand in the order of the schema', async () => {
  const [evaluation] = await createWorld().score([createTransaction(1)]);
  const decision = JSON.parse(JSON.stringify(decisionOf(evaluation)));
  expect(decisionSchema.parse(decision)).toEqual(decision);
  expect(Object.keys(decision)).toEqual(Object.keys(decisionSchema.shape).filter((key) => key in decision));
  expect(decision).toMatchObject({
    tier: 'full',
    decidedBy: 'model',
    receivedAt: '2026-03-01T11:59:59.995Z',
    decidedAt: '2026-03-01T12:00:00.000Z',
    model: { modelVersion: 'small', encoderVersion: 'tiny-random' },
  });
  // SHA-256 of `default|t-1`, first half.
  expect(decision.decisionId).toMatch(/^[0-9a-f]{32}$/);
});

test('thresholds turn scores into decisions and risk levels', async () => {
  const amounts = [100, 1_500, 100_000];
  const evaluations = await createWorld().score(
    amounts.map((amountMinor, index) =>
      createTransaction(index, { amountMinor, cardToken: `card-${index}` }),
    ),
  );
  expect(evaluations.map((evaluation) => decisionOf(evaluation).decision)).toEqual([
    'approve',
    'review',
    'decline',
  ]);
  expect(evaluations.map((evaluation) => decisionOf(evaluation).riskLevel)).toEqual([
    'low',
    'high',
    'critical',
  ]);
});

test('when the encoder fails the features-only head answers and says so', async () => {
  const failing = createRecordingEncoder({ config: champion.config });
  failing.refuseWith(new AppError('FRAUD_ENCODER_FAILED'));
  const degraded: string[] = [];
  const world = createWorld({
    encoder: failing,
    onDegrade: (error, tier) => degraded.push(error.code, tier),
  });
  const [evaluation] = await world.score([createTransaction(1, { amountMinor: 100_000 })]);
  expect(decisionOf(evaluation)).toMatchObject({ tier: 'features-only', decision: 'decline' });
  expect(decisionOf(evaluation).anomalyBits).toBeUndefined();
  expect(degraded).toEqual(['FRAUD_ENCODER_FAILED', 'features-only']);
});

test('a head that gives no finite number leaves the answer to rules', async () => {
  const broken = { ...champion, featuresOnlyHead: { scoreOne: () => Number.NaN } };
  const [evaluation] = await createWorld({ champion: broken, encoder: undefined }).score([
    createTransaction(1),
  ]);
  expect(decisionOf(evaluation)).toMatchObject({ tier: 'rules', decidedBy: 'rule' });
});

test('an overloaded encoder decides nothing: the caller waits', async () => {
  const full = createRecordingEncoder({ config: champion.config });
  full.refuseWith(new AppError('FRAUD_ENCODER_OVERLOADED'));
  await expect(createWorld({ encoder: full }).score([createTransaction(1)])).rejects.toMatchObject({
    code: 'FRAUD_ENCODER_OVERLOADED',
  });
});

test('a replaced model decides from the next call on', async () => {
  const world = createWorld();
  const other = createChampion(createSmallVersion({ modelVersion: 'other' }));
  const replaced = world.scorer.replaceModel({ champion: other, encoder });
  expect(replaced.champion.manifest.modelVersion).toBe('small');
  const [evaluation] = await world.score([createTransaction(1)]);
  expect(decisionOf(evaluation).model.modelVersion).toBe('other');
});

test('a training row carries exactly what was scored', async () => {
  const [evaluation, refund] = await createWorld().score([
    createTransaction(1),
    createTransaction(2, { type: 'refund' }),
  ]);
  if (evaluation?.kind !== 'decided' || !refund) throw new Error('expected a decision');
  const row = trainingRowSchema.parse(JSON.parse(encodeTrainingRow(evaluation, 'in-0@7').toString()));
  expect(Buffer.from(row.context, 'base64')).toEqual(Buffer.from(evaluation.context.events));
  const features = Buffer.from(row.features ?? '', 'base64');
  expect(features.byteLength).toBe(evaluation.context.features.byteLength);
  expect(features.readFloatLE(0)).toBe(evaluation.context.features[0]);
  expect(row).toMatchObject({ decided: true, score: evaluation.decision.score, inputOffset: 'in-0@7' });
  const applied = trainingRowSchema.parse(JSON.parse(encodeTrainingRow(refund, 'in-0@8').toString()));
  expect(applied.decided).toBe(false);
  expect(Buffer.from(applied.context, 'base64')).toHaveLength(EVENT_BYTES);
});

test("a training row's bytes are its JSON, whatever its texts hold", async () => {
  const awkward = {
    cardToken: 'tok_"\\/<b>',
    accountId: "acc\\u0022'{",
    merchantId: '"shop" \\',
  };
  const full = await createWorld().score([
    createTransaction(1, awkward),
    createTransaction(2, { ...awkward, type: 'refund' }),
    createTransaction(3),
  ]);
  const featuresOnly = await createWorld({ encoder: undefined }).score([createTransaction(1, awkward)]);
  for (const evaluation of [...full, ...featuresOnly]) {
    expect(encodeTrainingRow(evaluation, 'in-é-0@7').toString()).toBe(
      JSON.stringify(toTrainingRow(evaluation, 'in-é-0@7')),
    );
  }
});
