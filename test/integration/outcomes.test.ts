// test/integration/outcomes.test.ts: chargebacks that know only the transaction id: imported before their transaction came, they mark it when it does.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../shared/config/package-root.ts';
import { outcomeSchema } from '../../shared/domain/outcome.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { useTopics } from '../support/broker.ts';
import { readTopic } from '../support/read-topic.ts';
import { useScorer } from '../support/use-scorer.ts';

const run = promisify(execFile);

test('an imported chargeback waits for its transaction, is completed from its decision and marks the history', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-outcomes-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const setUp = await useTopics(1);
  const state = join(directory, 'state');
  const scorer = await useScorer(setUp, { FRAUD_STATE_DIRECTORY: state });
  const nowMs = Date.now();
  const file = join(directory, 'disputes.csv');
  const opened = new Date(nowMs - 60_000).toISOString();
  writeFileSync(
    file,
    `case_id,transaction_id,changed_at,reason_code,status\nc-1,tx-late,${opened},10.4,opened\nc-2,tx-never,${opened},10.4,opened\n`,
  );
  const { stdout } = await run(
    process.execPath,
    [
      '--import',
      'tsx',
      join(packageRoot, 'services/fraudctl/main.ts'),
      'outcomes',
      'import',
      file,
      '--mapping',
      'chargebacks',
      '--state',
      state,
      '--brokers',
      setUp.brokers,
      '--topic-prefix',
      setUp.prefix,
      '--json',
    ],
    { cwd: packageRoot },
  );
  expect(JSON.parse(stdout)).toMatchObject({ read: 2, sent: 0, parked: 2, refused: 0 });

  const producer = await createProducer({ connection: setUp.connection });
  const transaction = {
    transactionId: 'tx-late',
    cardToken: 'tok_anna',
    eventTime: new Date(nowMs - 120_000).toISOString(),
    amountMinor: 4_990,
    currency: 'EUR',
    merchant: { id: 'shop', terminalId: 'term-1' },
  };
  await producer.send([
    {
      topic: setUp.topics.transactions.name,
      key: 'tok_anna',
      value: Buffer.from(JSON.stringify(transaction)),
    },
  ]);
  await producer.close();

  await expect
    .poll(() => scorer.readMetrics(), { timeout: 60_000, interval: 200 })
    .toContain('fraud_outcomes_marked_total{label="fraud"} 1');
  const metrics = await scorer.readMetrics();
  expect(metrics).toContain('fraud_parked_evidence_total{end="joined"} 1');
  const [sent, ...others] = await readTopic(setUp.connection, setUp.topics.outcomes.name);
  expect(others).toEqual([]);
  expect(outcomeSchema.parse(JSON.parse(Buffer.from(sent?.value ?? []).toString()))).toMatchObject({
    transactionId: 'tx-late',
    cardToken: 'tok_anna',
    transactionTime: transaction.eventTime,
    merchantKey: 'term-1',
    evidenceId: 'c-1',
    disputeReasonCode: '10.4',
    label: 'fraud',
  });
});
