// test/integration/state-rebuild.test.ts: the scorer killed, its state deleted, rebuilt from the topics: it goes on as if nothing had been.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { toRecord } from '../../shared/replay/send-lines.ts';
import { rebuildFromTopics } from '../../shared/restore/rebuild-from-topics.ts';
import { createStateRebuild } from '../../shared/restore/rebuild-state.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createHistoryLoader } from '../../shared/scoring/load-history.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { digestOfStore, findDifferences } from '../../shared/sequence/store-digest.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { publishSmallChampion, useScorer } from '../support/use-scorer.ts';

const TRANSACTIONS = 4_000;
const DAY_MS = 86_400_000;

/** The same traffic for both runs; applied types, replaced cards and outcomes are in it. */
async function fill({ connection, topics }: TestTopics): Promise<void> {
  const records: OutputRecord[] = [];
  let transactions = 0;
  for (const line of createSimulation({ seed: 11, cards: 40, days: 300, fraudRate: 0.01 })) {
    if (transactions === TRANSACTIONS) break;
    const target = { topics, source: 'test' };
    if (line.kind === 'outcome') {
      records.push(toRecord({ ...line, knownAtMs: Date.parse(line.outcome.labeledAt) }, target));
      continue;
    }
    transactions += 1;
    const { kind, transaction, truth } = line;
    const eventTimeMs = Date.parse(transaction.eventTime);
    records.push(toRecord({ kind, transaction, label: truth.label, eventTimeMs }, target));
  }
  const producer = await createProducer({ connection });
  await producer.send(records);
  await producer.close();
}

const replaySettings = (directory: string, registryDirectory: string) => ({
  FRAUD_STATE_DIRECTORY: join(directory, 'state'),
  FRAUD_REGISTRY_DIRECTORY: registryDirectory,
  FRAUD_CLOCK: 'event-time',
  FRAUD_REPLAY_ALIGNED: 'true',
  FRAUD_DECISION_RETENTION_HOURS: '8000',
});

async function untilDecided(setUp: TestTopics, wanted: number): Promise<void> {
  const admin = await openAdmin(setUp.connection);
  for (;;) {
    const ends = await admin.readEnds(setUp.topics.decisions.name);
    if (ends.reduce((sum, { low, high }) => sum + Number(high - low), 0) >= wanted) break;
    await wait(20); // a poll of the broker's own offsets
  }
  await admin.close();
}

async function rebuild(setUp: TestTopics, directory: string, registryDirectory: string) {
  const store = createLmdbStateStore({ directory: join(directory, 'state') });
  const { version } = await loadAlias(new FileRegistry(registryDirectory), 'champion');
  const { topics } = setUp;
  return rebuildFromTopics({
    connection: setUp.connection,
    topics: {
      transactions: topics.transactions.name,
      outcomes: topics.outcomes.name,
      decisions: topics.decisions.name,
      trainingRows: topics.trainingRows.name,
    },
    groupId: `${setUp.prefix}scorer`,
    rebuild: createStateRebuild(store, { quietMs: 8000 * 3_600_000, alertedMs: 180 * DAY_MS }),
    openLoader: async () => createHistoryLoader(store, createChampion(version)),
  }).finally(() => store.close());
}

test('a state deleted after a kill and rebuilt from the topics ends as that of an undisturbed run', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-rebuild-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const registryDirectory = await publishSmallChampion(join(directory, 'registry'));
  const [plain, disturbed] = [join(directory, 'plain'), join(directory, 'disturbed')];

  const plainTopics = await useTopics();
  await fill(plainTopics);
  const undisturbed = await useScorer(plainTopics, replaySettings(plain, registryDirectory));
  await undisturbed.untilCaughtUp();
  expect(await undisturbed.process.stop()).toBe(0);

  const setUp = await useTopics();
  await fill(setUp);
  const first = await useScorer(setUp, replaySettings(disturbed, registryDirectory));
  await untilDecided(setUp, TRANSACTIONS / 3);
  await first.process.kill();
  rmSync(join(disturbed, 'state'), { recursive: true });
  // Not rebuilt: it would decide again what is decided, on histories that are not there.
  await expect(useScorer(setUp, replaySettings(disturbed, registryDirectory))).rejects.toThrow(
    /ended with 1 .*FRAUD_STATE_BEHIND.*fraudctl state rebuild/s,
  );
  const counts = await rebuild(setUp, disturbed, registryDirectory);
  expect(counts.events).toBeGreaterThan(0);
  const second = await useScorer(setUp, replaySettings(disturbed, registryDirectory));
  await second.untilCaughtUp();
  expect(await second.process.stop()).toBe(0);

  const audit = await auditTopics(setUp);
  expect(audit).toMatchObject({ conserved: true, transactions: TRANSACTIONS, differingCopies: 0 });
  const expected = createLmdbStateStore({ directory: join(plain, 'state') });
  const actual = createLmdbStateStore({ directory: join(disturbed, 'state') });
  onTestFinished(async () => {
    await expected.close();
    await actual.close();
  });
  expect(await findDifferences(expected, actual)).toEqual([]);
  expect(await digestOfStore(actual)).toEqual(await digestOfStore(expected));
});
