// test/support/use-scorer.ts: a stream-scorer of a test's own: topics, registry and state of its own, stopped when the test has finished.
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { openAdmin } from '../../shared/kafka/admin.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { promote } from '../../shared/registry/registry.ts';
import type { TestTopics } from './broker.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { createSmallVersion } from './small-champion.ts';

export interface TestScorer {
  readonly process: ServiceProcess;
  /** Resolves when every record that is in the input topics now has been answered and committed. */
  untilCaughtUp(): Promise<void>;
  /** Text of /metrics. */
  readMetrics(): Promise<string>;
  /** What is written in the files of the state store. */
  readState(): Buffer;
}

/** Standing still for so long is a failure; how long the way takes is the machine's affair and the test's time limit. */
const STANDSTILL_MS = 60_000;

/** @param settings more settings, by environment variable */
export async function useScorer(
  setUp: TestTopics,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestScorer> {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-scorer-'));
  const stateDirectory = join(directory, 'state');
  const groupId = `${setUp.prefix}scorer`;
  const process = await startService('stream-scorer', {
    FRAUD_KAFKA_BROKERS: setUp.brokers,
    FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
    FRAUD_KAFKA_GROUP_ID: groupId,
    FRAUD_STATE_DIRECTORY: stateDirectory,
    FRAUD_REGISTRY_DIRECTORY: await publishSmallChampion(join(directory, 'registry')),
    FRAUD_ENCODER_PROVIDER: 'cpu',
    FRAUD_ENCODER_WORKERS: '1',
    ...settings,
  });
  onTestFinished(async () => {
    if (process.child.exitCode === null && process.child.signalCode === null) await process.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    process,
    untilCaughtUp: () => waitForGroup(setUp, groupId, process),
    readMetrics: async () => (await fetch(`http://127.0.0.1:${process.operationsPort}/metrics`)).text(),
    readState: () => Buffer.concat(filesBelow(stateDirectory).map(readWritten)),
  };
}

/** LMDB's file is as large as its map, and sparse: what was written stands at its beginning. */
function readWritten(file: string): Buffer {
  const { size, blocks } = statSync(file);
  const bytes = Buffer.alloc(Math.min(size, 2 * blocks * 512 + 1_048_576));
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
  return bytes;
}

/** Plumbing is tested here, not detection: a version with invented weights does. */
export async function publishSmallChampion(registryDirectory: string): Promise<string> {
  const registry = new FileRegistry(registryDirectory);
  const { manifest, files } = createSmallVersion();
  await registry.publish(manifest, files);
  await promote(registry, manifest.modelVersion, { movedAt: manifest.createdAt, by: 'test' });
  return registryDirectory;
}

async function waitForGroup(
  setUp: TestTopics,
  groupId: string,
  { child, logLines }: ServiceProcess,
): Promise<void> {
  const admin = await openAdmin(setUp.connection);
  try {
    let before = '';
    let deadline = 0;
    for (;;) {
      const lags = await Promise.all(
        [setUp.topics.transactions.name, setUp.topics.outcomes.name].map(async (topic) => {
          const committed = await admin.readCommitted(groupId, topic);
          const ends = await admin.readEnds(topic);
          return ends.reduce(
            (sum, { partition, low, high }) => sum + Number(high - (committed.get(partition) ?? low)),
            0,
          );
        }),
      );
      if (lags.every((lag) => lag === 0)) return;
      if (before !== lags.join()) deadline = performance.now() + STANDSTILL_MS;
      before = lags.join();
      if (child.exitCode !== null) throw new Error(`The scorer ended:\n${logLines.slice(-20).join('\n')}`);
      if (performance.now() > deadline)
        throw new Error(`Still ${lags} behind:\n${logLines.slice(-20).join('\n')}`);
      // A poll of the broker's own offsets, not a wait for luck.
      await sleep(100);
    }
  } finally {
    await admin.close();
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((file) => statSync(file).isFile());
}
