// test/integration/hot-swap.test.ts: the stream follows promotions while payments come: every decision is one version's, and a kill during a swap loses nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { promote } from '../../shared/registry/registry.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { createSmallVersion } from '../support/small-champion.ts';
import { readSwapEvidence, type VersionStamp } from '../support/swap-evidence.ts';
import { publishSmallChampion, type TestScorer, useScorer } from '../support/use-scorer.ts';

const BURST = 40;
/** Payments that wait for an answer at most: there is always work, and never much. */
const BACKLOG = 200;
const CARDS = 60;
/** FRAUD_CHUNK_RECORDS of the scorers here: small, so that chunks are many. */
const LARGEST_CHUNK = 32;

/** Small payments and large ones: some are declined, and alerts name their version, too. */
function paymentsFrom(first: number, topic: string): OutputRecord[] {
  const nowMs = systemClock.now();
  return Array.from({ length: BURST }, (_, index) => {
    const cardToken = `tok_${(first + index) % CARDS}`;
    const transaction = {
      transactionId: `payment-${first + index}`,
      eventTime: new Date(nowMs + index).toISOString(),
      cardToken,
      amountMinor: index % 9 === 0 ? 900_000 : 1_000 + index,
      currency: 'EUR',
      merchant: { id: `shop-${index % 7}`, mcc: '5411', country: 'DE' },
    };
    return { topic, key: cardToken, value: Buffer.from(JSON.stringify(transaction)) };
  });
}

/** Payments as fast as they are decided until stopped; answers how many. */
async function startTraffic({ connection, topics }: TestTopics) {
  const producer = await createProducer({ connection });
  const admin = await openAdmin(connection);
  const countAnswered = async () =>
    (await admin.readEnds(topics.decisions.name)).reduce((sum, { high }) => sum + Number(high), 0);
  let isOver = false;
  const run = async (): Promise<number> => {
    let sent = 0;
    while (!isOver) {
      if (sent - (await countAnswered()) > BACKLOG) continue;
      await producer.send(paymentsFrom(sent, topics.transactions.name));
      sent += BURST;
    }
    await Promise.all([producer.close(), admin.close()]);
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

async function useVersions() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-swap-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const registryDirectory = await publishSmallChampion(join(directory, 'registry'));
  const registry = new FileRegistry(registryDirectory);
  /** In the order of the moves. */
  const stamps: VersionStamp[] = [];
  const note = ({ manifest, manifestDigest }: ReturnType<typeof createSmallVersion>) => {
    const { modelVersion, encoder } = manifest;
    stamps.push({ modelVersion, manifestDigest, encoderVersion: encoder.version });
  };
  note(createSmallVersion());
  const publish = async (modelVersion: string, encoderSeed?: number) => {
    const version = createSmallVersion({ modelVersion }, encoderSeed);
    await registry.publish(version.manifest, version.files);
    return {
      promote: async () => {
        note(version);
        await promote(registry, modelVersion, { movedAt: version.manifest.createdAt, by: 'test' });
      },
    };
  };
  const settings = {
    FRAUD_REGISTRY_DIRECTORY: registryDirectory,
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_CHUNK_RECORDS: String(LARGEST_CHUNK),
  };
  return { publish, stamps, settings };
}

const readFacts = async ({ process }: TestScorer): Promise<Record<string, unknown>> =>
  JSON.parse(await (await fetch(`http://127.0.0.1:${process.operationsPort}/readyz`)).text());

const countDecided = async (scorer: TestScorer): Promise<number> =>
  [...(await scorer.readMetrics()).matchAll(/^fraud_decisions_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );

/** Serving, and a chunk that began afterwards is decided: the one under way may still be the version before's. */
async function untilDeciding(scorer: TestScorer, modelVersion: string): Promise<void> {
  await expect
    .poll(async () => (await readFacts(scorer)).modelVersion, { timeout: 60_000, interval: 50 })
    .toBe(modelVersion);
  const begun = await countDecided(scorer);
  await expect
    .poll(() => countDecided(scorer), { timeout: 60_000, interval: 50 })
    .toBeGreaterThan(begun + 2 * LARGEST_CHUNK);
}

async function expectOneVersionEach(setUp: TestTopics, stamps: readonly VersionStamp[], sent: number) {
  const audit = await auditTopics(setUp);
  expect(audit).toMatchObject({ conserved: true, transactions: sent, decisions: sent, differingCopies: 0 });
  const evidence = await readSwapEvidence(setUp, stamps);
  expect(evidence).toMatchObject({
    decisions: sent,
    strangers: 0,
    degraded: 0,
    mixedChunks: 0,
    otherwise: 0,
    outOfOrder: 0,
  });
  return evidence;
}

test('promotions, one to another encoder and one back, are followed under load: each decision is of exactly one version', async () => {
  const setUp = await useTopics();
  const { publish, stamps, settings } = await useVersions();
  const scorer = await useScorer(setUp, settings);
  const traffic = await startTraffic(setUp);
  const two = await publish('small-2');
  const three = await publish('small-3', 8);
  const versions = [two, three, await publish('small-4'), three];
  for (const [at, version] of versions.entries()) {
    await version.promote();
    await untilDeciding(scorer, stamps[at + 1].modelVersion);
  }
  // A version that does not fit is told once, and nothing changes.
  const broken = createSmallVersion({ modelVersion: 'broken', featureVersion: 'other' });
  const registry = new FileRegistry(settings.FRAUD_REGISTRY_DIRECTORY);
  await registry.publish(broken.manifest, broken.files);
  await promote(registry, 'broken', { movedAt: broken.manifest.createdAt, by: 'test' });
  await expect
    .poll(() => readFacts(scorer), { timeout: 60_000 })
    .toMatchObject({
      ready: true,
      modelVersion: 'small-3',
      refused: { modelVersion: 'broken', code: 'FRAUD_MODEL_INVALID' },
    });
  const sent = await traffic.stop();
  await scorer.untilCaughtUp();
  const metrics = await scorer.readMetrics();
  expect(metrics).toContain('fraud_champion_info{model_version="small-3"} 1');
  expect(metrics).toContain('fraud_model_swaps_total{end="replaced"} 4');
  expect(metrics).toContain('fraud_model_swaps_total{end="refused"} 1');
  expect(await scorer.process.stop()).toBe(0);
  const { byVersion } = await expectOneVersionEach(setUp, stamps, sent);
  expect([...byVersion.keys()].toSorted()).toEqual(['small', 'small-2', 'small-3', 'small-4']);
});

test('killed during a swap, the scorer comes back with the version promoted, and every payment is decided once', async () => {
  const setUp = await useTopics();
  const { publish, stamps, settings } = await useVersions();
  const killed = await useScorer(setUp, settings);
  const traffic = await startTraffic(setUp);
  const version = await publish('small-2', 8);
  await version.promote();
  // Verified and not yet serving: its encoder starts.
  await expect
    .poll(() => killed.process.logLines.filter((line) => line.includes('version verified')).length, {
      timeout: 60_000,
      interval: 5,
    })
    .toBe(2);
  await killed.process.kill();
  const sent = await traffic.stop();
  const scorer = await useScorer(setUp, settings);
  expect(await readFacts(scorer)).toMatchObject({ modelVersion: 'small-2' });
  await scorer.untilCaughtUp();
  expect(await scorer.process.stop()).toBe(0);
  await expectOneVersionEach(setUp, stamps, sent);
});
