// test/integrity/broker-outage.test.ts: the broker is gone for longer than a stall may last: the scorer waits, goes on by itself, and loses nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort, startJvmBroker } from '../../infra/local/jvm-broker.ts';
import { topicsWithPrefix } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createTopics } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { countRecords, readTopicEnds } from '../../shared/kafka/scan-topic.ts';
import type { TestTopics } from '../support/broker.ts';
import { useScorer } from '../support/use-scorer.ts';

const STALL_SECONDS = 40;
const OUTAGE_MS = 75_000;
const PAYMENTS = 6_000;

async function sendPayments({ connection, topics }: TestTopics, first: number): Promise<void> {
  const producer = await createProducer({ connection });
  await producer.send(
    Array.from({ length: PAYMENTS }, (_, index) => {
      const cardToken = `tok_${index % 40}`;
      const transaction = {
        transactionId: `payment-${first + index}`,
        eventTime: new Date(systemClock.now()).toISOString(),
        cardToken,
        amountMinor: 1_000 + index,
        currency: 'EUR',
      };
      const value = Buffer.from(JSON.stringify(transaction));
      return { topic: topics.transactions.name, key: cardToken, value };
    }),
  );
  await producer.close();
}

test(`a broker that is away for ${OUTAGE_MS / 1000} s ends no scorer and loses no record`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-outage-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const port = await findFreePort();
  let broker = await startJvmBroker({ directory: join(directory, 'broker'), port });
  onTestFinished(() => broker.stop());
  const connection = { brokers: broker.brokers, clientId: 'test' };
  const prefix = 'test-outage-';
  const setUp = { connection, brokers: broker.brokers.join(), prefix, topics: topicsWithPrefix(prefix) };
  await createTopics(connection, Object.values(setUp.topics), { partitions: 3 });
  await sendPayments(setUp, 0);
  const scorer = await useScorer(setUp, { FRAUD_STALL_SECONDS: String(STALL_SECONDS) });
  const countDecisions = async () =>
    countRecords(await readTopicEnds(connection, setUp.topics.decisions.name));
  await expect.poll(countDecisions).toBeGreaterThan(0);

  await broker.stop();
  await wait(OUTAGE_MS); // the outage itself
  expect(scorer.process.child.exitCode).toBe(null);
  broker = await startJvmBroker({ directory: join(directory, 'broker'), port });
  await sendPayments(setUp, PAYMENTS);
  await scorer.untilCaughtUp();
  expect(await scorer.process.stop()).toBe(0);
  const audit = await auditTopics(setUp);
  process.stdout.write(`${JSON.stringify(audit)}\n`);
  expect(audit).toMatchObject({ conserved: true, transactions: 2 * PAYMENTS, differingCopies: 0 });
});
