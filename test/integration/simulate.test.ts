// test/integration/simulate.test.ts: simulated traffic on a real broker: every record once, keyed by card, outcomes on their own topic.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageRoot } from '../../shared/config/package-root.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';

async function readAll({ connection }: TestTopics, topic: string): Promise<{ key: string; value: string }[]> {
  const read: { key: string; value: string }[] = [];
  const take = (records: readonly InputRecord[]) => {
    for (const { key, value } of records) {
      read.push({ key: Buffer.from(key ?? []).toString(), value: Buffer.from(value ?? []).toString() });
    }
  };
  await scanTopic(connection, topic, await readTopicEnds(connection, topic), take);
  return read;
}

test('fraudctl simulate --kafka sends each transaction and outcome once, keyed by its card', async () => {
  const setUp = await useTopics();
  const words = [
    'simulate',
    '--kafka',
    '--outcomes',
    '--seed',
    '3',
    '--cards',
    '60',
    '--days',
    '60',
    '--json',
  ];
  const where = ['--fraud-rate', '0.01', '--brokers', setUp.brokers, '--topic-prefix', setUp.prefix];
  const main = join(packageRoot, 'services/fraudctl/main.ts');
  const { stdout } = await promisify(execFile)('npx', ['tsx', main, ...words, ...where]);
  const summary = JSON.parse(stdout) as { transactions: number; outcomes: Record<string, number> };
  const transactions = await readAll(setUp, setUp.topics.transactions.name);
  const outcomes = await readAll(setUp, setUp.topics.outcomes.name);
  const sent = transactions.map(
    ({ value }) => JSON.parse(value) as { transactionId: string; cardToken: string },
  );
  expect(new Set(sent.map(({ transactionId }) => transactionId)).size).toBe(summary.transactions);
  expect(transactions).toHaveLength(summary.transactions);
  expect(sent.map(({ cardToken }) => cardToken)).toEqual(transactions.map(({ key }) => key));
  expect(outcomes).toHaveLength(Object.values(summary.outcomes).reduce((sum, count) => sum + count, 0));
});
