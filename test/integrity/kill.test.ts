// test/integrity/kill.test.ts: the scorer killed at random moments loses nothing, decides nothing twice, and leaves the histories of an uninterrupted run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, onTestFinished, test } from 'vitest';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { toRecord } from '../../shared/replay/send-lines.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { digestOfStore } from '../../shared/sequence/store-digest.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { type ServiceProcess, startService } from '../support/service-process.ts';
import { publishSmallChampion } from '../support/use-scorer.ts';

const TRANSACTIONS = Number(process.env.FRAUD_INTEGRITY_TRANSACTIONS ?? 100_000);
const KILLS = 3;
const SEED = Number(process.env.FRAUD_INTEGRITY_SEED ?? Math.floor(performance.timeOrigin % 1_000_000));

/** The same transactions and outcomes for every run, as records of its topics. */
function* makeRecords({ topics }: TestTopics): Generator<OutputRecord> {
  let transactions = 0;
  for (const record of createSimulation({
    seed: SEED,
    portfolios: 2,
    cards: 600,
    days: 400,
    fraudRate: 0.01,
  })) {
    if (transactions === TRANSACTIONS) return;
    if (record.kind === 'transaction') {
      transactions++;
      const { transaction, truth } = record;
      const eventTimeMs = Date.parse(transaction.eventTime);
      yield toRecord(
        { kind: 'transaction', transaction, label: truth.label, eventTimeMs },
        { topics, source: 'test' },
      );
    } else {
      const knownAtMs = Date.parse(record.outcome.labeledAt);
      yield toRecord({ ...record, knownAtMs }, { topics, source: 'test' });
    }
  }
}

async function fill(setUp: TestTopics): Promise<void> {
  const producer = await createProducer({ connection: setUp.connection });
  let slice: OutputRecord[] = [];
  for (const record of makeRecords(setUp)) {
    slice.push(record);
    if (slice.length < 2_000) continue;
    await producer.send(slice);
    slice = [];
  }
  await producer.send(slice);
  await producer.close();
}

interface Run {
  readonly setUp: TestTopics;
  readonly stateDirectory: string;
  start(): Promise<ServiceProcess>;
}

async function prepareRun(directory: string, name: string): Promise<Run> {
  const setUp = await useTopics(3);
  await fill(setUp);
  const stateDirectory = join(directory, name, 'state');
  const registryDirectory = await publishSmallChampion(join(directory, name, 'registry'));
  const start = () =>
    startService('stream-scorer', {
      FRAUD_KAFKA_BROKERS: setUp.brokers,
      FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
      FRAUD_KAFKA_GROUP_ID: `${setUp.prefix}scorer`,
      FRAUD_STATE_DIRECTORY: stateDirectory,
      FRAUD_REGISTRY_DIRECTORY: registryDirectory,
      FRAUD_ENCODER_PROVIDER: 'cpu',
      FRAUD_CLOCK: 'event-time',
      FRAUD_REPLAY_ALIGNED: 'true',
      FRAUD_DECISION_RETENTION_HOURS: '8000',
    });
  return { setUp, stateDirectory, start };
}

/** Share of the input that is answered, by the ends of the decisions topic: for choosing moments only. */
async function countDecisions({ connection, topics }: TestTopics): Promise<number> {
  const admin = await openAdmin(connection);
  const ends = await admin.readEnds(topics.decisions.name).finally(() => admin.close());
  return ends.reduce((sum, { low, high }) => sum + Number(high - low), 0);
}

async function waitForDecisions(setUp: TestTopics, wanted: number, scorer: ServiceProcess): Promise<void> {
  while ((await countDecisions(setUp)) < wanted) {
    if (scorer.child.exitCode !== null)
      throw new Error(`The scorer ended:\n${scorer.logLines.slice(-20).join('\n')}`);
    await wait(50);
  }
}

async function waitUntilCaughtUp({ setUp }: Run, scorer: ServiceProcess): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${scorer.operationsPort}/readyz`);
    const { lag, ready }: { lag: number; ready: boolean } = JSON.parse(await answer.text());
    if (ready && lag === 0 && (await countDecisions(setUp)) > 0) return;
    if (scorer.child.exitCode !== null)
      throw new Error(`The scorer ended:\n${scorer.logLines.slice(-20).join('\n')}`);
    await wait(200);
  }
}

/** Digest and score of every transaction, from the first copy of its decision. */
async function readDecisions({ connection, topics }: TestTopics) {
  const found = new Map<string, { digest: string; score: number }>();
  const topic = topics.decisions.name;
  await scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
    for (const record of records) {
      const decision = decisionSchema.parse(JSON.parse(Buffer.from(record.value ?? []).toString()));
      const { transactionId, contextDigest, score } = decision;
      if (!found.has(transactionId)) found.set(transactionId, { digest: contextDigest, score });
    }
  });
  return found;
}

async function digestOf(directory: string) {
  const store = createLmdbStateStore({ directory });
  return digestOfStore(store).finally(() => store.close());
}

/** Uninterrupted: the yardstick. */
async function runThrough(run: Run): Promise<void> {
  const scorer = await run.start();
  await waitUntilCaughtUp(run, scorer);
  expect(await scorer.stop()).toBe(0);
}

async function runKilled(run: Run, moments: readonly number[]): Promise<void> {
  for (const moment of moments) {
    const scorer = await run.start();
    await waitForDecisions(run.setUp, moment, scorer);
    await scorer.kill();
  }
  await runThrough(run);
}

test(`three kills during an aligned replay of ${TRANSACTIONS} transactions change nothing (seed ${SEED})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-kill-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const generator = xoroshiro128plus(SEED);
  const moments = Array.from({ length: KILLS }, () =>
    uniformInt(generator, 1, Math.floor(TRANSACTIONS * 0.8)),
  ).sort((one, other) => one - other);
  process.stdout.write(`seed ${SEED}, kills after about ${moments.join(', ')} decisions\n`);
  const plain = await prepareRun(directory, 'plain');
  const killed = await prepareRun(directory, 'killed');
  await runThrough(plain);
  await runKilled(killed, moments);

  const audit = await auditTopics(killed.setUp);
  process.stdout.write(`${JSON.stringify(audit)}\n`);
  expect(audit.conserved).toBe(true);
  expect(audit.transactions).toBe(TRANSACTIONS);
  expect(audit.differingCopies).toBe(0);
  expect(await digestOf(killed.stateDirectory)).toEqual(await digestOf(plain.stateDirectory));

  const expected = await readDecisions(plain.setUp);
  const actual = await readDecisions(killed.setUp);
  expect(actual.size).toBe(expected.size);
  let differing = 0;
  for (const [id, { digest, score }] of expected) {
    const other = actual.get(id);
    if (other?.digest !== digest) differing++;
    else expect(Math.abs(other.score - score)).toBeLessThanOrEqual(1e-5);
  }
  process.stdout.write(`share of decisions with another context digest: ${differing / expected.size}\n`);
  expect(differing).toBe(0);
});
