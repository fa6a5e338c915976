// test/services/scoring-api/credit-score.test.ts: the account's own history as of the time asked for; thin files say so; the purpose is logged, the account is not.
import { expect, test } from 'vitest';
import { type ApiRig, makeTransaction, NOW_MS, patient, useApi, withKey } from '../../support/api-rig.ts';

async function post(rig: ApiRig, url: string, body: object) {
  const { statusCode, body: text } = await rig.server.inject({
    method: 'POST',
    url,
    headers: withKey(rig.key, { 'content-type': 'application/json', ...patient }),
    payload: JSON.stringify(body),
  });
  return { status: statusCode, body: JSON.parse(text) };
}

const at = (minutesAgo: number) => new Date(NOW_MS - minutesAgo * 60_000).toISOString();

test('what happened before asOf counts, and nothing later', async () => {
  const rig = await useApi();
  for (const minutesAgo of [50, 40, 30, 20]) {
    await post(
      rig,
      '/v1/score?record=true',
      makeTransaction({ accountId: 'acc-1', eventTime: at(minutesAgo) }),
    );
  }
  const ask = (question: object) => post(rig, '/v1/credit-score', { purpose: 'limit-change', ...question });
  const now = await ask({ accountId: 'acc-1' });
  expect(now.body).toMatchObject({
    dataSufficiency: 'sufficient',
    scoreRange: { lowest: 300, highest: 850 },
    asOf: new Date(NOW_MS).toISOString(),
    modelVersion: 'credit-double',
  });
  expect((await ask({ accountId: 'acc-1', asOf: at(35) })).body.dataSufficiency).toBe('thin');
  const none = await ask({ accountId: 'acc-2' });
  expect([none.body.dataSufficiency, none.body.factors[0].code]).toEqual(['none', 'history']);
  expect((await ask({ cardToken: 'tok_card' })).body.dataSufficiency).toBe('sufficient');
  const logged = rig.logLines.join('\n');
  expect(logged).toContain('"purpose":"limit-change"');
  expect(logged).not.toMatch(/acc-1|tok_card/);
});

test('a question without a purpose, with two subjects or an unknown currency is refused, and the field named', async () => {
  const rig = await useApi();
  const question = { accountId: 'a', purpose: 'application' };
  const wrong = [
    [{ accountId: 'a' }, 400, 'purpose'],
    [{ ...question, purpose: 'curiosity' }, 400, 'purpose'],
    [{ ...question, cardToken: 'tok' }, 400, 'accountId'],
    [{ purpose: 'application' }, 400, 'accountId'],
    [{ ...question, creditLimit: { amountMinor: 1, currency: 'XQQ' } }, 422, 'creditLimit.currency'],
    [{ purpose: 'application', cardToken: '4111111111111111' }, 422, 'cardToken'],
  ] as const;
  for (const [body, status, field] of wrong) {
    const answer = await post(rig, '/v1/credit-score', body);
    expect([answer.status, answer.body.field]).toEqual([status, field]);
  }
});

test('an assessment that does not come is told before the deadline, not after it', async () => {
  const rig = await useApi({ credit: { assess: () => new Promise(() => {}) } });
  const { statusCode, headers, body } = await rig.server.inject({
    method: 'POST',
    url: '/v1/credit-score',
    headers: withKey(rig.key, { 'content-type': 'application/json', 'x-deadline-ms': '50' }),
    payload: JSON.stringify({ accountId: 'acc-1', purpose: 'application' }),
  });
  expect([statusCode, JSON.parse(body).code, headers['retry-after']]).toEqual([
    503,
    'FRAUD_DEADLINE_PASSED',
    expect.any(String),
  ]);
});
