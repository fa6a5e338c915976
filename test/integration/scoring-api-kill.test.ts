// test/integration/scoring-api-kill.test.ts: an API killed while it records is back, answers repeats with the same bytes, and nothing recorded is lost or decided twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { useTopics } from '../support/broker.ts';
import { type ServiceProcess, startService } from '../support/service-process.ts';
import { publishSmallChampion, useScorer } from '../support/use-scorer.ts';

const REQUESTS = 80;
const KILLED_AFTER = 25;
const OPEN_AT_ONCE = 8;

async function makeKey(apiDirectory: string): Promise<string> {
  const tables = openAccessTables(join(apiDirectory, 'access'));
  const { text } = createKeyStore(tables, systemClock).create({
    name: 'test',
    scopes: ['score', 'read'],
    portfolios: ['*'],
  });
  await tables.close();
  return text;
}

const makeBody = (index: number): string =>
  JSON.stringify({
    transactionId: `killed-${index}`,
    eventTime: new Date(systemClock.now() - 60_000 + index).toISOString(),
    cardToken: `tok_${index % 7}`,
    amountMinor: 1_000 + index,
    currency: 'EUR',
  });

test('killed while recording: every answer stands, every transaction is decided once', async () => {
  const setUp = await useTopics(2);
  const directory = mkdtempSync(join(tmpdir(), 'fraud-api-kill-'));
  const environment = {
    FRAUD_API_PORT: '0',
    FRAUD_API_DIRECTORY: join(directory, 'api'),
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_REGISTRY_DIRECTORY: await publishSmallChampion(join(directory, 'registry')),
    FRAUD_KAFKA_BROKERS: setUp.brokers,
    FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
    FRAUD_ENCODER_PROVIDER: 'cpu',
    FRAUD_ENCODER_WORKERS: '1',
  };
  const key = await makeKey(environment.FRAUD_API_DIRECTORY);
  const scorer = await useScorer(setUp, { FRAUD_STATE_DIRECTORY: environment.FRAUD_STATE_DIRECTORY });
  const running: ServiceProcess[] = [await startService('scoring-api', environment)];
  onTestFinished(async () => {
    for (const { child, stop } of running)
      if (child.exitCode === null && child.signalCode === null) await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const bodies = Array.from({ length: REQUESTS }, (_, index) => makeBody(index));
  const record = async ({ operationsPort }: ServiceProcess, body: string) => {
    const answer = await fetch(`http://127.0.0.1:${operationsPort}/v1/score?record=true`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'x-deadline-ms': '60000',
      },
      body,
    });
    return { status: answer.status, text: await answer.text() };
  };
  /** Some at once, in order; gives up at the first that gets no answer. */
  const recordAll = async (api: ServiceProcess, onAnswer: (index: number, text: string) => void) => {
    let next = 0;
    const work = async () => {
      while (next < bodies.length) {
        const index = next++;
        const { status, text } = await record(api, bodies[index] ?? '');
        expect([status, text.slice(0, 200)]).toEqual([200, expect.any(String)]);
        onAnswer(index, text);
      }
    };
    await Promise.all(Array.from({ length: OPEN_AT_ONCE }, work));
  };

  const before = new Map<number, string>();
  const [first] = running;
  if (!first) throw new RangeError('not started');
  const cut = recordAll(first, (index, text) => {
    before.set(index, text);
    if (before.size === KILLED_AFTER) void first.kill();
  });
  await expect(cut).rejects.toThrow();
  expect(before.size).toBeGreaterThanOrEqual(KILLED_AFTER);
  expect(before.size).toBeLessThan(REQUESTS);

  const startedAt = performance.now();
  const second = await startService('scoring-api', environment);
  const readyMs = performance.now() - startedAt;
  // How long it takes is measured by `npm run bench -- api`, on what is built; here the machine also compiles and tests.
  process.stdout.write(`ready ${(readyMs / 1000).toFixed(1)} s after it was started again, from source\n`);
  expect((await fetch(`http://127.0.0.1:${second.operationsPort}/readyz`)).status).toBe(200);
  running.push(second);
  const after = new Map<number, string>();
  await recordAll(second, (index, text) => void after.set(index, text));
  expect([...before].filter(([index, text]) => after.get(index) !== text)).toEqual([]);
  const readWaiting = async () =>
    JSON.parse(await (await fetch(`http://127.0.0.1:${second.operationsPort}/readyz`)).text())
      .waitingForBroker;
  await expect.poll(readWaiting, { timeout: 60_000 }).toBe(0);
  await scorer.untilCaughtUp();
  expect(await auditTopics(setUp)).toMatchObject({
    conserved: true,
    decisions: REQUESTS,
    differingCopies: 0,
    deadLetters: 0,
  });
});
