// test/integration/stop-under-load.test.ts: SIGTERM while records keep coming: drained, committed, exit 0; the next scorer goes on where it stopped.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { publishSmallChampion, useScorer } from '../support/use-scorer.ts';

const STOPS = 2;
const BURST = 500;
const BACKLOG = 2_000;

/** Payments of forty cards, each with an id of its own. */
function paymentsFrom(first: number, topic: string): OutputRecord[] {
  const nowMs = systemClock.now();
  return Array.from({ length: BURST }, (_, index) => {
    const cardToken = `tok_${(first + index) % 40}`;
    const transaction = {
      transactionId: `payment-${first + index}`,
      eventTime: new Date(nowMs + index).toISOString(),
      cardToken,
      amountMinor: 1_000 + index,
      currency: 'EUR',
      merchant: { id: `shop-${index % 7}`, mcc: '5411', country: 'DE' },
    };
    return { topic, key: cardToken, value: Buffer.from(JSON.stringify(transaction)) };
  });
}

/** Counts records in the decisions topic, and records that the group has committed. */
async function createCounter({ connection, topics, prefix }: TestTopics) {
  const admin = await openAdmin(connection);
  onTestFinished(() => admin.close());
  return async () => {
    const ends = await admin.readEnds(topics.decisions.name);
    const committed = await admin.readCommitted(`${prefix}scorer`, topics.transactions.name);
    return {
      decisions: ends.reduce((sum, { high }) => sum + Number(high), 0),
      committed: [...committed.values()].reduce((sum, offset) => sum + Number(offset ?? 0n), 0),
    };
  };
}

/** Keeps so much waiting that a stop always comes in the middle, and no more; answers how many payments were sent. */
async function startTraffic(setUp: TestTopics, count: Awaited<ReturnType<typeof createCounter>>) {
  const producer = await createProducer({ connection: setUp.connection });
  let isOver = false;
  let sent = 0;
  const run = async (): Promise<number> => {
    while (!isOver) {
      if (sent - (await count()).decisions > BACKLOG) continue;
      await producer.send(paymentsFrom(sent, setUp.topics.transactions.name));
      sent += BURST;
    }
    await producer.close();
    return sent;
  };
  const running = run();
  return {
    stop: () => {
      isOver = true;
      return running;
    },
  };
}

test(`${STOPS} stops under load answer what was begun, lose nothing and answer nothing twice`, async () => {
  const setUp = await useTopics();
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-stop-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const settings = {
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_REGISTRY_DIRECTORY: await publishSmallChampion(join(directory, 'registry')),
  };
  const count = await createCounter(setUp);
  const traffic = await startTraffic(setUp, count);
  onTestFinished(async () => void (await traffic.stop()));
  for (let stop = 0; stop < STOPS; stop++) {
    const before = await count();
    const scorer = await useScorer(setUp, settings);
    await expect.poll(async () => (await count()).decisions).toBeGreaterThan(before.decisions + stop);
    expect(await scorer.process.stop()).toBe(0);
    const after = await count();
    // All that was decided is committed, and the reverse: nothing is left to be sent again.
    expect(after.committed).toBe(after.decisions);
  }
  const sent = await traffic.stop();
  const last = await useScorer(setUp, settings);
  await last.untilCaughtUp();
  expect(await last.process.stop()).toBe(0);
  expect(await auditTopics(setUp)).toMatchObject({
    conserved: true,
    transactions: sent,
    decisions: sent,
    redelivered: 0,
    differingCopies: 0,
  });
});
