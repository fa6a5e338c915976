// test/services/scoring-api/repeats.test.ts: a request is answered once, however often it is sent: at the same time, later, after a restart.
import { expect, test } from 'vitest';
import { type ApiRig, makeTransaction, patient, useApi, withKey } from '../../support/api-rig.ts';

interface Sent {
  readonly record?: boolean;
  readonly key?: string;
  readonly caller?: string;
  readonly deadlineMs?: number;
}

async function score(rig: ApiRig, transaction: object, sent: Sent = {}) {
  const { statusCode, body, headers } = await rig.server.inject({
    method: 'POST',
    url: `/v1/score?record=${sent.record ?? false}`,
    headers: withKey(sent.caller ?? rig.key, {
      'content-type': 'application/json',
      ...(sent.key === undefined ? {} : { 'idempotency-key': sent.key }),
      'x-deadline-ms': String(sent.deadlineMs ?? 60_000),
    }),
    payload: JSON.stringify(transaction),
  });
  return { status: statusCode, text: body, code: JSON.parse(body).code, headers };
}

const distinct = (answers: readonly { readonly text: string }[]) =>
  new Set(answers.map(({ text }) => text)).size;

test.each([
  ['evaluated', {}],
  ['evaluated under a key', { key: 'k-1' }],
  ['recorded', { record: true }],
  ['recorded under a key', { record: true, key: 'k-1' }],
])('100 equal requests at once, %s: one evaluation, 100 equal answers', async (_name, sent) => {
  const rig = await useApi();
  const transaction = makeTransaction();
  const send = () => score(rig, transaction, sent);
  const answers = await Promise.all(Array.from({ length: 100 }, send));
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
  expect(distinct(answers)).toBe(1);
  expect(rig.encoderCalls()).toBe(1);
  const again = await rig.restart();
  const [first] = answers;
  expect((await score(again, transaction, { ...sent, caller: rig.key })).text).toBe(first?.text);
  expect(again.encoderCalls()).toBe(0);
});

test('another body under a key is refused, and the answer of the first stands', async () => {
  const rig = await useApi();
  const transaction = makeTransaction();
  const first = await score(rig, transaction, { key: 'k-1' });
  const other = await score(rig, makeTransaction(), { key: 'k-1' });
  expect([other.status, other.code]).toEqual([422, 'FRAUD_IDEMPOTENCY_MISMATCH']);
  const recorded = await score(rig, transaction, { key: 'k-1', record: true });
  expect([recorded.status, recorded.code]).toEqual([422, 'FRAUD_IDEMPOTENCY_MISMATCH']);
  expect((await score(rig, transaction, { key: 'k-1' })).text).toBe(first.text);
  const [one, two] = await Promise.all([
    score(rig, makeTransaction(), { key: 'k-2' }),
    score(rig, makeTransaction(), { key: 'k-2' }),
  ]);
  expect([one.status, two.status].sort()).toEqual([200, 422]);
});

test('the same key of another caller is another key', async () => {
  const rig = await useApi();
  const other = rig.makeKey();
  await score(rig, makeTransaction(), { key: 'k-1' });
  expect((await score(rig, makeTransaction(), { key: 'k-1', caller: other })).status).toBe(200);
});

test.each([
  ['evaluated', 'evaluated', false, false],
  ['recorded', 'evaluated', true, false],
  ['evaluated', 'recorded', false, true],
  ['recorded', 'recorded', true, true],
])(
  'an id that was %s is a conflict when it is %s with other content',
  async (_before, _after, record, next) => {
    const rig = await useApi();
    const transaction = makeTransaction();
    await score(rig, transaction, { record });
    const changed = { ...transaction, amountMinor: 1 };
    const conflict = await score(rig, changed, { record: next });
    expect([conflict.status, conflict.code]).toEqual([409, 'FRAUD_TRANSACTION_CONFLICT']);
    const under = await score(rig, changed, { record: next, key: 'k' });
    expect([under.status, under.code]).toEqual([409, 'FRAUD_TRANSACTION_CONFLICT']);
  },
);

test('white space, field order and unknown fields do not make another request', async () => {
  const rig = await useApi();
  const transaction = makeTransaction();
  const first = await score(rig, transaction);
  const reordered = Object.fromEntries(Object.entries({ ...transaction, note: 'x' }).reverse());
  expect((await score(rig, reordered)).text).toBe(first.text);
});

test('an answer is forgotten after 24 hours, a recorded decision as late as its retention', async () => {
  const rig = await useApi();
  const transaction = makeTransaction();
  await score(rig, transaction);
  rig.clock.set(rig.clock.now() + 24 * 3_600_000);
  await rig.prune();
  await score(rig, transaction);
  expect(rig.encoderCalls()).toBe(2);
});

test('a repeat that cannot wait for the first is told so, and gets its answer later', async () => {
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  const rig = await useApi({
    wrapEncoder: (encoder) => ({
      encodeMany: async (rows) => {
        await opened;
        return encoder.encodeMany(rows);
      },
    }),
  });
  const transaction = makeTransaction();
  const waiting = score(rig, transaction);
  const hasty = await score(rig, transaction, { deadlineMs: 20 });
  expect([hasty.status, hasty.code]).toEqual([409, 'FRAUD_REQUEST_IN_FLIGHT']);
  expect(hasty.headers['retry-after']).toBe('1');
  gate.open?.();
  const answered = await waiting;
  expect(answered.status).toBe(200);
  expect((await score(rig, transaction)).text).toBe(answered.text);
  expect(rig.encoderCalls()).toBe(1);
});

test('a batch under a key is answered once, across a restart', async () => {
  const rig = await useApi();
  const payload = JSON.stringify({ transactions: [makeTransaction(), makeTransaction(), {}] });
  const send = (to: ApiRig, body = payload) =>
    to.server.inject({
      method: 'POST',
      url: '/v1/score/batch',
      headers: withKey(rig.key, { 'content-type': 'application/json', 'idempotency-key': 'b-1', ...patient }),
      payload: body,
    });
  const first = await send(rig);
  const again = await rig.restart();
  const second = await send(again);
  expect([second.body, second.headers['x-replayed']]).toEqual([first.body, 'true']);
  expect(again.encoderCalls()).toBe(0);
  const other = await send(again, JSON.stringify({ transactions: [makeTransaction()] }));
  expect(JSON.parse(other.body).code).toBe('FRAUD_IDEMPOTENCY_MISMATCH');
});

test('what was recorded while the broker was away is sent after a restart', async () => {
  const rig = await useApi({ send: () => Promise.reject(new Error('gone')) });
  const transaction = makeTransaction();
  expect((await score(rig, transaction, { record: true })).status).toBe(200);
  expect(rig.relay?.waiting()).toBe(1);
  const kept = await rig.store.readOutbox('scoring-api', 0);
  expect(kept).toHaveLength(1);
  const sent: string[] = [];
  const again = await useApi({
    directory: rig.directory,
    send: async (records) => void sent.push(...records.map(({ topic }) => topic)),
  });
  await again.relay?.resume();
  await expect.poll(() => sent).toEqual(['fraud.transactions.v1', 'fraud.training-rows.v1']);
  await again.close();
  expect(await rig.store.readOutbox('scoring-api', 0)).toEqual([]);
});
