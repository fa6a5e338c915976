// test/support/erasure-rig.ts: the scorer, the API and the archiver as processes over one set of directories, to be killed and started again; and what they leave behind.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { archiveColumns } from '../../shared/archive/columns.ts';
import { openDuck } from '../../shared/archive/duck.ts';
import { listFiles } from '../../shared/archive/list-files.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { archiveKinds } from '../../shared/archive/object-names.ts';
import { relationOf } from '../../shared/archive/relation.ts';
import { systemClock } from '../../shared/clock.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import type { TestTopics } from './broker.ts';
import { readLiveBytes } from './live-bytes.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { createSmallVersion } from './small-champion.ts';
import { publishSmallChampion } from './use-scorer.ts';

type Service = Parameters<typeof startService>[0];

export interface ErasureRig {
  readonly stateDirectory: string;
  readonly erasuresDirectory: string;
  start(service: Service, more?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** JSON in, JSON out; the API that was started last. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }>;
  /** SIGKILL to all that run. */
  killAll(): Promise<void>;
  /** `fraudctl state rebuild` into the state directory. */
  rebuild(): Promise<void>;
  /** Places, of stores, files and logs so far, in which the text occurs. Call it while nothing runs. */
  findTraces(text: string, archive: string): Promise<string[]>;
  /** Rows of a card in an archive, by kind. */
  countArchived(archive: string, cardToken: string): Promise<Record<string, number>>;
  readonly archive: string;
  /** Another, empty one. */
  readonly secondArchive: string;
}

/** Three retrained versions beside the champion: made from rows of the last days, going on from that one, and from rows of long ago. */
async function publishRetrained(directory: string): Promise<void> {
  const registry = new FileRegistry(directory);
  const nowMs = systemClock.now();
  const lineage = (cutMs: number) => ({
    snapshotId: 's',
    cut: new Date(cutMs).toISOString(),
    seed: 1,
    code: 'test',
    backend: 'test',
  });
  const year = 365 * 86_400_000;
  for (const changes of [
    { modelVersion: 'retrained-lately', lineage: lineage(nowMs + 60_000) },
    { modelVersion: 'retrained-from-it', derivedFrom: 'retrained-lately' },
    { modelVersion: 'retrained-long-ago', lineage: lineage(nowMs - year) },
  ]) {
    const { manifest, files } = createSmallVersion(changes);
    await registry.publish(manifest, files);
  }
}

export async function useErasureRig(setUp: TestTopics): Promise<ErasureRig> {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-erasure-'));
  const within = (name: string) => join(directory, name);
  const registry = await publishSmallChampion(within('registry'));
  await publishRetrained(registry);
  const environment: Readonly<Record<string, string>> = {
    FRAUD_KAFKA_BROKERS: setUp.brokers,
    FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
    FRAUD_KAFKA_GROUP_ID: `${setUp.prefix}scorer`,
    FRAUD_API_PORT: '0',
    FRAUD_API_DIRECTORY: within('api'),
    FRAUD_STATE_DIRECTORY: within('state'),
    FRAUD_ERASURES_DIRECTORY: within('erasures'),
    FRAUD_REGISTRY_DIRECTORY: registry,
    FRAUD_ARCHIVE: within('archive'),
    FRAUD_ARCHIVER_RANGE_RECORDS: '40',
    FRAUD_ARCHIVER_FLUSH_SECONDS: '1',
    // The least that brokers allow: a killed member is waited for.
    FRAUD_ARCHIVER_SESSION_SECONDS: '6',
    FRAUD_ENCODER_PROVIDER: 'cpu',
    FRAUD_ENCODER_WORKERS: '1',
  };
  const tables = openAccessTables(join(within('api'), 'access'));
  const grant = { name: 'test', scopes: ['score', 'outcome', 'read', 'erase'] as const, portfolios: ['*'] };
  const { text: key } = createKeyStore(tables, systemClock).create({ ...grant, scopes: [...grant.scopes] });
  await tables.close();
  const all: ServiceProcess[] = [];
  let port = 0;
  const isRunning = ({ child }: ServiceProcess) => child.exitCode === null && child.signalCode === null;
  const killAll = async (): Promise<void> => {
    await Promise.all(all.filter(isRunning).map((one) => one.kill()));
  };
  onTestFinished(async () => {
    await killAll();
    rmSync(directory, { recursive: true, force: true });
  });
  const countArchived = async (archive: string, cardToken: string): Promise<Record<string, number>> => {
    const store = await openLocalArchive(archive);
    const duck = await openDuck();
    try {
      const counted = archiveKinds.map(async (kind) => {
        const files = (await listFiles(store, kind)).visible.map(({ object }) => join(archive, object.name));
        const rows = relationOf(archiveColumns[kind], files);
        const result = await duck.connection.runAndReadAll(
          `SELECT CAST(count(*) AS INTEGER) FROM ${rows} WHERE card_token = '${cardToken}'`,
        );
        return [kind, Number(result.getRows()[0]?.[0])] as const;
      });
      return Object.fromEntries(await Promise.all(counted));
    } finally {
      duck.close();
      await store.close();
    }
  };
  return {
    stateDirectory: within('state'),
    erasuresDirectory: within('erasures'),
    archive: within('archive'),
    secondArchive: within('archive-again'),
    start: async (service, more = {}) => {
      const started = await startService(service, { ...environment, ...more });
      all.push(started);
      if (service === 'scoring-api') port = started.operationsPort;
      return started;
    },
    call: async (method, path, body) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'x-deadline-ms': '60000',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as never };
    },
    killAll,
    rebuild: async () => {
      const main = join(packageRoot, 'services/fraudctl/main.ts');
      const words = ['--import', 'tsx', main, 'state', 'rebuild', '--json'];
      await promisify(execFile)(process.execPath, words, {
        cwd: packageRoot,
        env: { ...process.env, ...environment },
      });
    },
    countArchived,
    findTraces: async (text, archive) => {
      const traces: string[] = [];
      for (const place of ['state', 'api'])
        if ((await readLiveBytes(within(place))).includes(text)) traces.push(place);
      for (const name of readdirSync(within('erasures'), { recursive: true, withFileTypes: true }))
        if (name.isFile() && readFileSync(join(name.parentPath, name.name)).includes(text))
          traces.push(name.name);
      if (all.some(({ logLines }) => logLines.join('\n').includes(text))) traces.push('logs');
      const archived = await countArchived(archive, text);
      return [...traces, ...Object.keys(archived).filter((kind) => archived[kind] !== 0)];
    },
  };
}
