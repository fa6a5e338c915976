// test/integration/archiver.test.ts: the archiver killed again and again between a real broker and its archive loses no record and keeps none twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { archiveColumns } from '../../shared/archive/columns.ts';
import { openDuck } from '../../shared/archive/duck.ts';
import { listFiles } from '../../shared/archive/list-files.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { type ArchiveKind, archiveKinds } from '../../shared/archive/object-names.ts';
import { relationOf } from '../../shared/archive/relation.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { outcomeOf, trainingRow } from '../support/archive-records.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { startService } from '../support/service-process.ts';

const ROWS = 6_000;
const KILLS = Number(process.env.FRAUD_TEST_KILLS ?? 1);

async function fill({ connection, topics }: TestTopics): Promise<void> {
  const producer = await createProducer({ connection });
  const records = Array.from({ length: ROWS }, (_, index): OutputRecord => {
    const row = trainingRow(`t-${index}`, (index % 40) / 10, {
      decided: index % 5 !== 0,
      cardToken: `tok_${index % 97}`,
    });
    return { topic: topics.trainingRows.name, key: row.cardToken, value: Buffer.from(JSON.stringify(row)) };
  });
  const outcomes = Array.from({ length: 300 }, (_, index): OutputRecord => {
    const outcome = outcomeOf(`t-${index}`, (index % 40) / 10, 5 + (index % 3), {
      cardToken: `tok_${index % 97}`,
    });
    return {
      topic: topics.outcomes.name,
      key: outcome.cardToken,
      value: Buffer.from(JSON.stringify(outcome)),
    };
  });
  const noise = [
    { topic: topics.trainingRows.name, key: 'tok_1', value: Buffer.from('{"eventTime":"yesterday"}') },
    { topic: topics.outcomes.name, key: 'tok_1', value: Buffer.from('{"label":"bad"}') },
  ];
  await producer.send([...records, ...outcomes, ...noise]);
  await producer.close();
}

/** Rows of every kind that count now: how many, and how many different positions. */
async function count(root: string): Promise<Record<ArchiveKind, [rows: number, positions: number]>> {
  const store = await openLocalArchive(root);
  const duck = await openDuck();
  try {
    const counted = await Promise.all(
      archiveKinds.map(async (kind) => {
        const files = (await listFiles(store, kind)).visible.map(({ object }) => join(root, object.name));
        const result = await duck.connection.runAndReadAll(
          `SELECT CAST(count(*) AS INTEGER), CAST(count(DISTINCT transaction_id || '|' || "partition" || '|' || "offset") AS INTEGER) FROM ${relationOf(archiveColumns[kind], files)}`,
        );
        const [rows = 0, positions = 0] = (result.getRows()[0] ?? []).map(Number);
        return [kind, [rows, positions]] as const;
      }),
    );
    return Object.fromEntries(counted) as Record<ArchiveKind, [number, number]>;
  } finally {
    duck.close();
    await store.close();
  }
}

test(`${KILLS} kill(s) while ${ROWS} rows are archived: each row is there once`, async () => {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-archiver-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const setUp = await useTopics(3);
  await fill(setUp);
  const start = () =>
    startService('archiver', {
      FRAUD_KAFKA_BROKERS: setUp.brokers,
      FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
      FRAUD_ARCHIVER_GROUP_ID: `${setUp.prefix}archiver`,
      FRAUD_ARCHIVE: root,
      FRAUD_ARCHIVER_RANGE_RECORDS: '250',
      FRAUD_ARCHIVER_FLUSH_SECONDS: '1',
      // The least that brokers allow: a killed member is waited for.
      FRAUD_ARCHIVER_SESSION_SECONDS: '6',
    });
  const reached = async (share: number) => {
    await expect
      .poll(async () => (await count(root)).events[0], { timeout: 60_000, interval: 100 })
      .toBeGreaterThanOrEqual(share * ROWS);
  };
  for (let kill = 1; kill <= KILLS; kill++) {
    const archiver = await start();
    await reached((kill - 0.9) / (KILLS + 1));
    await archiver.kill();
  }
  const archiver = await start();
  await reached(1);
  await expect
    .poll(async () => (await count(root)).outcomes[0], { timeout: 60_000, interval: 100 })
    .toBe(300);
  const metrics = await (await fetch(`http://127.0.0.1:${archiver.operationsPort}/metrics`)).text();
  expect(metrics).toContain('fraud_archived_rows_total{kind="events"}');
  expect(await archiver.stop()).toBe(0);

  expect(await count(root)).toEqual({
    events: [ROWS, ROWS],
    'training-rows': [ROWS * 0.8, ROWS * 0.8],
    outcomes: [300, 300],
  });
  const store = await openLocalArchive(root);
  expect(await store.list('refused/')).toHaveLength(1);
});
