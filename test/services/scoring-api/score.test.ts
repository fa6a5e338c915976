// test/services/scoring-api/score.test.ts: scoring over HTTP: evaluates without a trace, records once, answers batches in order.
import { describe, expect, test } from 'vitest';
import { scoreAnswerSchema } from '../../../services/scoring-api/documents.ts';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { type ApiRig, makeTransaction, NOW_MS, patient, useApi, withKey } from '../../support/api-rig.ts';
import { trainingRow } from '../../support/archive-records.ts';
import { useArchive } from '../../support/use-archive.ts';

async function post(rig: ApiRig, url: string, body: unknown, headers: Record<string, string> = {}) {
  const {
    statusCode,
    headers: answered,
    body: text,
  } = await rig.server.inject({
    method: 'POST',
    url,
    headers: withKey(rig.key, { 'content-type': 'application/json', ...patient, ...headers }),
    payload: JSON.stringify(body),
  });
  return { status: statusCode, headers: answered, text, body: JSON.parse(text) };
}
const get = async (rig: ApiRig, url: string) => {
  const { statusCode, body } = await rig.server.inject({ url, headers: withKey(rig.key) });
  return { status: statusCode, body: JSON.parse(body) };
};

describe('POST /v1/score', () => {
  test('answers with a decision of tier full and leaves no trace in the history', async () => {
    const rig = await useApi();
    const { status, body } = await post(rig, '/v1/score', makeTransaction());
    expect(status).toBe(200);
    expect(decisionSchema.parse(body).tier).toBe('full');
    expect((await get(rig, '/v1/cards/tok_card')).body.code).toBe('FRAUD_CARD_NOT_FOUND');
    expect(rig.produced).toEqual([]);
  });

  test('with record=true decides once: history, decision and records for the broker are there', async () => {
    const rig = await useApi();
    const transaction = makeTransaction({ amountMinor: 900_000 });
    const first = await post(rig, '/v1/score?record=true', transaction);
    const second = await post(rig, '/v1/score?record=true', transaction);
    expect(second.text).toBe(first.text);
    expect(second.headers['x-replayed']).toBe('true');
    // One for the score, one for its reasons.
    expect(rig.encoderCalls()).toBe(2);
    const card = await get(rig, '/v1/cards/tok_card');
    expect(card.body).toMatchObject({ events: 1, recent: [{ type: 'authorization' }] });
    const kept = await get(rig, `/v1/decisions/${transaction.transactionId}`);
    expect(kept.body.decision).toEqual(first.body);
    await expect
      .poll(() => rig.produced.map(({ topic }) => topic))
      .toEqual(['fraud.transactions.v1', 'fraud.training-rows.v1']);
    expect(rig.relay?.waiting()).toBe(0);
  });

  test('explain=full tells every effect of the very context that was decided, before and after it is recorded', async () => {
    const rig = await useApi();
    const transaction = makeTransaction({ amountMinor: 900_000 });
    const plain = await post(rig, '/v1/score', transaction);
    const asked = await post(rig, '/v1/score?explain=full&record=true', transaction);
    const again = await post(rig, '/v1/score?explain=full', transaction);
    const { explanation, ...decision } = asked.body;
    const withoutTimes = { receivedAt: '', decidedAt: '', timingsMs: {} };
    expect({ ...decision, ...withoutTimes }).toEqual({ ...plain.body, ...withoutTimes });
    expect(plain.body.reasonsFrom).toBe('occlusion');
    expect(explanation.contextDigest).toBe(decision.contextDigest);
    expect(explanation.effects[0]).toMatchObject({
      ...decision.reasonCodes[0],
      scoreWithout: expect.any(Number),
    });
    expect(explanation.effects[0].scoreWithout).toBeLessThan(decision.score);
    expect(again.body.explanation).toEqual(explanation);
    expect(scoreAnswerSchema.parse(asked.body).explanation?.effects.length).toBeGreaterThan(10);
  });

  test('explain=full leaves an approval with its surprise and tells its effects beside it', async () => {
    const rig = await useApi();
    const { body } = await post(rig, '/v1/score?explain=full', makeTransaction({ amountMinor: 100 }));
    expect(body).toMatchObject({
      decision: 'approve',
      reasonsFrom: 'surprise',
      explanation: { tier: 'full' },
    });
    expect(body.explanation.effects.length).toBeGreaterThan(10);
  });

  test('evaluates first and records later: the decision recorded is its own', async () => {
    const rig = await useApi();
    const transaction = makeTransaction();
    await post(rig, '/v1/score', transaction);
    const recorded = await post(rig, '/v1/score?record=true', transaction);
    expect(recorded.headers['x-replayed']).toBeUndefined();
    const again = await post(rig, '/v1/score', transaction);
    expect(again.text).toBe(recorded.text);
  });

  test('refuses a clearing: no decision is owed', async () => {
    const rig = await useApi();
    const { status, body } = await post(rig, '/v1/score', makeTransaction({ type: 'clearing' }));
    expect([status, body.code, body.field]).toEqual([422, 'FRAUD_TYPE_NOT_DECIDED', 'type']);
  });
});

describe('POST /v1/score/batch', () => {
  test('answers in order, bad items with their own error, the others scored', async () => {
    const rig = await useApi();
    const good = [makeTransaction(), makeTransaction({ cardToken: 'tok_other' })];
    const items = [good[0], { amountMinor: 'x' }, good[1], makeTransaction({ currency: 'XQQ' })];
    const { status, body } = await post(rig, '/v1/score/batch', { transactions: items });
    expect(status).toBe(200);
    expect(body.answers.map((one: Record<string, object>) => Object.keys(one)[0])).toEqual([
      'decision',
      'error',
      'decision',
      'error',
    ]);
    expect(body.answers[0].decision.transactionId).toBe(good[0]?.transactionId);
    expect(body.answers[3].error).toMatchObject({ code: 'FRAUD_CURRENCY_UNKNOWN', field: 'currency' });
    expect(rig.encoderCalls()).toBe(1);
  });

  test('several of one card see each other in order, as if they had come one after the other', async () => {
    const rig = await useApi();
    const items = Array.from({ length: 5 }, (_, index) =>
      makeTransaction({ eventTime: `2026-11-24T11:0${index}:00Z` }),
    );
    const batch = await post(rig, '/v1/score/batch', { transactions: items });
    for (const item of items) await post(rig, '/v1/score?record=true', item);
    const single = await Promise.all(
      items.map(({ transactionId }) => get(rig, `/v1/decisions/${transactionId}`)),
    );
    expect(batch.body.answers.map(({ decision }: { decision: object }) => decision)).toMatchObject(
      single.map(({ body }) => ({ contextDigest: body.decision.contextDigest, score: body.decision.score })),
    );
  });

  test('the same id twice with other content is a conflict of the second alone', async () => {
    const rig = await useApi();
    const one = makeTransaction();
    const items = [one, one, { ...one, amountMinor: 1 }];
    const { body } = await post(rig, '/v1/score/batch?record=true', { transactions: items });
    expect(body.answers[1]).toEqual(body.answers[0]);
    expect(body.answers[2].error.code).toBe('FRAUD_TRANSACTION_CONFLICT');
    expect((await get(rig, '/v1/cards/tok_card')).body.events).toBe(1);
  });

  test('more than 1,000 items are refused whole', async () => {
    const rig = await useApi();
    const { status, body } = await post(rig, '/v1/score/batch', { transactions: Array(1_001).fill({}) });
    expect([status, body.field]).toEqual([400, 'transactions']);
  });
});

test('models and the champion are told with their card, and outcomes are completed from what was decided', async () => {
  const rig = await useApi();
  expect((await get(rig, '/v1/models')).body.models).toMatchObject([
    { modelVersion: 'small', aliases: ['champion'] },
  ]);
  expect((await get(rig, '/v1/models/champion')).body.modelCard).toContain('A version for tests.');
  const transaction = makeTransaction();
  await post(rig, '/v1/score?record=true', transaction);
  const outcome = {
    outcomeId: 'o-1',
    kind: 'chargeback',
    transactionId: transaction.transactionId,
    label: 'fraud',
    labeledAt: new Date(rig.clock.now()).toISOString(),
  };
  const outcomes = [outcome, { ...outcome, outcomeId: 'o-2', transactionId: 't-unknown' }, { outcomeId: 7 }];
  const { status, body } = await post(rig, '/v1/outcomes', { outcomes });
  expect(status).toBe(202);
  expect(body.receipts).toMatchObject([
    { outcomeId: 'o-1', status: 'accepted' },
    { outcomeId: 'o-2', status: 'parked' },
    { error: { code: 'FRAUD_FIELD_INVALID' } },
  ]);
  await expect.poll(() => rig.produced.at(-1)?.topic).toBe('fraud.outcomes.v1');
  expect(rig.produced.at(-1)?.key).toBe('tok_card');
});

test('evidence parked before its payment was known is sent, completed, once the payment has come', async () => {
  const rig = await useApi();
  const transaction = makeTransaction();
  const outcomeId = 'o-early';
  const early = { outcomeId, kind: 'chargeback', transactionId: transaction.transactionId, label: 'fraud' };
  const { body } = await post(rig, '/v1/outcomes', {
    outcomes: [{ ...early, labeledAt: transaction.eventTime }],
  });
  expect(body.receipts).toEqual([{ outcomeId, status: 'parked' }]);
  await post(rig, '/v1/score?record=true', transaction);
  await rig.releaseEvidence();
  await expect.poll(() => rig.relay?.waiting()).toBe(0);
  const sent = rig.produced.filter(({ topic }) => topic === 'fraud.outcomes.v1');
  expect(sent.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()))).toMatchObject([
    { outcomeId, cardToken: 'tok_card', transactionTime: transaction.eventTime },
  ]);
  await rig.releaseEvidence();
  expect(rig.relay?.waiting()).toBe(0);
});

test('an erased card is nowhere any more, and begins anew', async () => {
  const archive = await useArchive();
  await archive.write('rows', [trainingRow('a', 1, { cardToken: 'tok_gone' }), trainingRow('b', 1)]);
  const rig = await useApi({ settings: { FRAUD_ARCHIVE: archive.root } });
  const transaction = makeTransaction({ cardToken: 'tok_gone' });
  await post(rig, '/v1/score?record=true', transaction);
  await post(rig, '/v1/score', makeTransaction({ cardToken: 'tok_gone' }));
  const draft = {
    outcomeId: 'o-9',
    kind: 'verdict',
    transactionId: 'unknown',
    cardToken: 'tok_gone',
    label: 'fraud',
  };
  await post(rig, '/v1/outcomes', { outcomes: [{ ...draft, labeledAt: '2026-11-24T11:00:00Z' }] });
  const { statusCode, body } = await rig.server.inject({
    method: 'DELETE',
    url: '/v1/cards/tok_gone',
    headers: withKey(rig.key),
  });
  expect(statusCode).toBe(200);
  expect(JSON.parse(body)).toMatchObject({
    removed: { histories: 1, decisions: 1, answers: 1, 'parked outcomes': 1, 'archived rows': 2 },
    // Made from simulated traffic: it saw no card.
    modelVersions: [],
    topicsEmptyBy: '2026-12-01T12:00:00.000Z',
  });
  expect((await get(rig, '/v1/cards/tok_gone')).status).toBe(404);
  expect((await get(rig, `/v1/decisions/${transaction.transactionId}`)).status).toBe(404);
  expect(rig.audit.list().map(({ act }) => act)).toEqual(['card-erase']);
  expect(JSON.stringify(rig.audit.list())).not.toContain('tok_gone');
  expect(rig.logLines.join('\n')).not.toContain('tok_gone');
  const earlier = await post(rig, '/v1/score?record=true', makeTransaction({ cardToken: 'tok_gone' }));
  expect([earlier.status, earlier.body.code]).toEqual([410, 'FRAUD_CARD_ERASED']);
  rig.clock.set(NOW_MS + 2_000);
  const later = { cardToken: 'tok_gone', eventTime: new Date(NOW_MS + 1_000).toISOString() };
  expect((await post(rig, '/v1/score?record=true', makeTransaction(later))).status).toBe(200);
  expect((await get(rig, '/v1/cards/tok_gone')).body.events).toBe(1);
});
