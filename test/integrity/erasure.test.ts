// test/integrity/erasure.test.ts: a card erased under load, then everything killed, started again and rebuilt: no trace in any place, none comes back, and the next transaction begins anew.
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { type ErasureRig, useErasureRig } from '../support/erasure-rig.ts';
import { readTopic } from '../support/read-topic.ts';

const GONE = 'tok_gone_for_good';
/** Its erasure is cut by the kill. */
const HALF = 'tok_half_erased';
const cards = [GONE, HALF, 'tok_a', 'tok_b', 'tok_c'];
const RETENTION_MS = 7 * 86_400_000;

let numbered = 0;
const makeTransaction = (cardToken: string) => ({
  transactionId: `pay-${++numbered}`,
  eventTime: new Date(systemClock.now()).toISOString(),
  cardToken,
  amountMinor: 1_000 + numbered,
  currency: 'EUR',
});

/** Transactions through both doors, round and round, until told to stop; everything is answered 200, or 410 for an erased card. */
function startLoad({ call }: ErasureRig, { connection, topics }: TestTopics) {
  const statuses = new Set<number>();
  let isOver = false;
  let sent = 0;
  const overHttp = async (): Promise<void> => {
    for (let round = 0; !isOver; round += 1) {
      const recorded = makeTransaction(cards[round % cards.length] ?? GONE);
      statuses.add((await call('POST', '/v1/score?record=true', recorded)).status);
      // Only evaluated: kept as an answer.
      const evaluated = makeTransaction(cards[round % cards.length] ?? GONE);
      statuses.add((await call('POST', '/v1/score', evaluated)).status);
      sent += 1;
    }
  };
  const overKafka = async (): Promise<void> => {
    const producer = await createProducer({ connection });
    for (; !isOver; await wait(20)) {
      const records = cards.map((cardToken) => ({
        topic: topics.transactions.name,
        key: cardToken,
        value: Buffer.from(JSON.stringify(makeTransaction(cardToken))),
      }));
      await producer.send(records);
    }
    await producer.close();
  };
  const done = Promise.all([overHttp(), overHttp(), overKafka()]);
  done.catch(() => {});
  return {
    statuses,
    sent: () => sent,
    stop: async () => {
      isOver = true;
      await done;
    },
  };
}

const evidence = (outcomeId: string, transactionId: string, cardToken: string) => ({
  outcomeId,
  kind: 'verdict',
  transactionId,
  cardToken,
  label: 'fraud',
  labeledAt: new Date(systemClock.now()).toISOString(),
});

async function untilEmpty(setUp: TestTopics, groupId: string, topicName: string): Promise<void> {
  const admin = await openAdmin(setUp.connection);
  const readLag = async () => {
    const committed = await admin.readCommitted(groupId, topicName);
    const ends = await admin.readEnds(topicName);
    return ends.reduce(
      (sum, { partition, low, high }) => sum + Number(high - (committed.get(partition) ?? low)),
      0,
    );
  };
  await expect.poll(readLag, { interval: 100 }).toBe(0);
  await admin.close();
}

test('a card erased under load leaves no trace after a kill, a restart and a rebuild, and begins anew', async () => {
  const setUp = await useTopics(2);
  const rig = await useErasureRig(setUp);
  await Promise.all([rig.start('stream-scorer'), rig.start('archiver'), rig.start('scoring-api')]);
  const load = startLoad(rig, setUp);
  await expect
    .poll(() => rig.countArchived(rig.archive, GONE), { interval: 100 })
    .toMatchObject({
      'training-rows': expect.any(Number),
    });
  await expect
    .poll(async () => (await rig.countArchived(rig.archive, GONE))['training-rows'], { interval: 100 })
    .toBeGreaterThan(0);
  await rig.call('POST', '/v1/outcomes', { outcomes: [evidence('parked', 'never-seen', GONE)] });

  const { status, body } = await rig.call('DELETE', `/v1/cards/${GONE}`);
  const receipt: {
    erasedAt: string;
    topicsEmptyBy: string;
    removed: Record<string, number>;
    modelVersions: string[];
  } = body;
  expect(status).toBe(200);
  expect(receipt.removed).toMatchObject({ histories: 1, 'parked outcomes': 1 });
  for (const place of ['decisions', 'answers', 'archived rows'])
    expect([place, receipt.removed[place]]).not.toEqual([place, 0]);
  expect(Date.parse(receipt.topicsEmptyBy)).toBe(Date.parse(receipt.erasedAt) + RETENTION_MS);
  // The champion was made from simulated traffic, one of the retrained ones before the card existed.
  expect(receipt.modelVersions).toEqual(['retrained-from-it', 'retrained-lately']);

  // What comes from before the erasure is refused at every door …
  const before = {
    ...makeTransaction(GONE),
    eventTime: new Date(Date.parse(receipt.erasedAt) - 5_000).toISOString(),
  };
  expect((await rig.call('POST', '/v1/score?record=true', before)).status).toBe(410);
  const late = { ...evidence('late', 'pay-1', GONE), transactionTime: before.eventTime };
  const { body: refused } = await rig.call('POST', '/v1/outcomes', { outcomes: [late] });
  expect(refused).toMatchObject({ receipts: [{ error: { code: 'FRAUD_CARD_ERASED' } }] });
  // … and a feed that knows nothing of it sends it all the same.
  const producer = await createProducer({ connection: setUp.connection });
  await producer.send([
    { topic: setUp.topics.transactions.name, key: GONE, value: Buffer.from(JSON.stringify(before)) },
    { topic: setUp.topics.outcomes.name, key: GONE, value: Buffer.from(JSON.stringify(late)) },
  ]);
  await producer.close();
  // Its new transactions are a history of their own.
  const fresh = await rig.call('GET', `/v1/cards/${GONE}`);
  if (fresh.status === 200) {
    const { firstSeenAt }: { firstSeenAt: string } = fresh.body;
    expect(Date.parse(firstSeenAt)).toBeGreaterThanOrEqual(
      Math.floor(Date.parse(receipt.erasedAt) / 1000) * 1000,
    );
  }
  const sentBefore = load.sent();
  await expect.poll(load.sent).toBeGreaterThan(sentBefore + 3);
  await load.stop();
  expect([...load.statuses].filter((code) => code !== 200 && code !== 410)).toEqual([]);

  // From here on nothing new of the two cards is sent: both go, the second one's erasure is cut short.
  await rig.call('DELETE', `/v1/cards/${GONE}`);
  const cut = rig.call('DELETE', `/v1/cards/${HALF}`);
  cut.catch(() => {});
  // Begun, not only being written down: before that nobody was promised anything.
  const readPending = () =>
    readdirSync(join(rig.erasuresDirectory, 'pending')).filter((name) => name.endsWith('.json'));
  await expect.poll(readPending).not.toEqual([]);
  await rig.killAll();
  await expect(cut).rejects.toThrow();
  expect((await rig.findTraces(HALF, rig.archive)).length).toBeGreaterThan(0);

  // Started again: the cut erasure is completed before anybody is answered.
  await Promise.all([rig.start('stream-scorer'), rig.start('archiver'), rig.start('scoring-api')]);
  await untilEmpty(setUp, `${setUp.prefix}scorer`, setUp.topics.transactions.name);
  await untilEmpty(setUp, `${setUp.prefix}scorer`, setUp.topics.outcomes.name);
  for (const card of [GONE, HALF]) expect((await rig.call('GET', `/v1/cards/${card}`)).status).toBe(404);
  await rig.killAll();
  for (const card of [GONE, HALF])
    expect([card, await rig.findTraces(card, rig.archive)]).toEqual([card, []]);

  // The topics still hold both cards. Read again, by a rebuild and by another archiver, they bring none of it back.
  const rows = await readTopic(setUp.connection, setUp.topics.trainingRows.name);
  expect(rows.some(({ value }) => Buffer.from(value ?? []).includes(GONE))).toBe(true);
  renameSync(rig.stateDirectory, `${rig.stateDirectory}-lost`);
  await rig.rebuild();
  await rig.start('archiver', {
    FRAUD_ARCHIVE: rig.secondArchive,
    FRAUD_ARCHIVER_GROUP_ID: `${setUp.prefix}archiver-again`,
  });
  await untilEmpty(setUp, `${setUp.prefix}archiver-again`, setUp.topics.trainingRows.name);
  await rig.killAll();
  for (const card of [GONE, HALF])
    expect([card, await rig.findTraces(card, rig.secondArchive)]).toEqual([card, []]);
  expect((await rig.countArchived(rig.secondArchive, 'tok_a'))['training-rows']).toBeGreaterThan(0);

  await rig.start('scoring-api');
  await rig.call('POST', '/v1/score?record=true', makeTransaction(GONE));
  expect((await rig.call('GET', `/v1/cards/${GONE}`)).body).toMatchObject({ events: 1 });
  expect((await rig.call('GET', '/v1/cards/tok_a')).status).toBe(200);
});
