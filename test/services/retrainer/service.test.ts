// test/services/retrainer/service.test.ts: two retrainers share one registry: one job at a time, each once, and what a killed one held goes on with the other.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { type JobEntry, stateOf } from '../../../shared/jobs/job-entry.ts';
import { openJobLedger } from '../../../shared/jobs/job-ledger.ts';
import { ledgerDirectory, requestsDirectory } from '../../../shared/jobs/job-places.ts';
import { openJobRequests } from '../../../shared/jobs/job-requests.ts';
import { type ServiceProcess, startService } from '../../support/service-process.ts';

const PATIENCE = { timeout: 120_000, interval: 200 };
/** No rows in the archive: the job is a real one, and ends soon. */
const NO_ROWS = 10;

async function useRetrainers(names: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-retrainers-'));
  const registry = join(root, 'registry');
  const services = new Map<string, ServiceProcess>();
  onTestFinished(async () => {
    for (const service of services.values()) if (service.child.exitCode === null) await service.stop();
    rmSync(root, { recursive: true, force: true });
  });
  const started = names.map(async (name) => {
    const service = await startService('retrainer', {
      FRAUD_ARCHIVE: join(root, 'archive'),
      FRAUD_REGISTRY_DIRECTORY: registry,
      FRAUD_RUNS_DIRECTORY: join(root, 'runs'),
      FRAUD_RETRAIN_SCHEDULE: 'never',
      FRAUD_RETRAIN_POLL_SECONDS: '0.2',
      FRAUD_RETRAIN_LEASE_SECONDS: '6',
      FRAUD_RETRAIN_HOLDER: name,
      ...more,
    });
    services.set(name, service);
  });
  await Promise.all(started);
  const ledger = openJobLedger(ledgerDirectory(registry), systemClock);
  return { services, ledger, requests: openJobRequests(requestsDirectory(registry)) };
}

const ask = { requestedAt: new Date().toISOString(), by: 'test' };
const keysOf = (jobs: readonly JobEntry[]): string[] => jobs.map(({ cause }) => cause.key);

test('two retrainers run what is asked for once each, one after the other, and tell what came of it', async () => {
  const { services, ledger, requests } = await useRetrainers(['left', 'right']);
  const asked = [await requests.ask(ask), await requests.ask(ask)].map(({ id }) => id);
  await expect
    .poll(async () => (await ledger.read()).filter(({ end }) => end).length, PATIENCE)
    .toBe(asked.length);
  const jobs = await ledger.read();
  expect(keysOf(jobs).sort()).toEqual([...asked].sort());
  for (const { end } of jobs) expect(end).toMatchObject({ outcome: 'failed', exitStatus: NO_ROWS });
  const [first, second] = jobs;
  expect(Date.parse(second?.startedAt ?? '')).toBeGreaterThanOrEqual(
    Date.parse(first?.end?.finishedAt ?? ''),
  );
  await expect.poll(() => requests.list(), PATIENCE).toEqual([]);
  for (const { operationsPort } of services.values()) {
    const url = `http://127.0.0.1:${operationsPort}`;
    expect(await (await fetch(`${url}/jobs`)).json()).toHaveLength(2);
    expect(await (await fetch(`${url}/drift`)).json()).toMatchObject({ status: { decision: 'unknown' } });
  }
}, 240_000);

test('a job whose retrainer is killed goes on with the other one when its lease has run out', async () => {
  const { services, ledger, requests } = await useRetrainers(['left', 'right']);
  const { id } = await requests.ask(ask);
  let holder = '';
  await expect
    .poll(async () => {
      holder = (await ledger.read()).at(-1)?.holder ?? '';
      return holder;
    }, PATIENCE)
    .not.toBe('');
  await services.get(holder)?.kill();
  await expect.poll(async () => (await ledger.read()).at(-1)?.end?.exitStatus, PATIENCE).toBe(NO_ROWS);
  const jobs = await ledger.read();
  expect(keysOf(jobs)).toEqual([id, id]);
  expect(jobs.map((job) => stateOf(job, systemClock.now()))).toEqual(['abandoned', 'failed']);
  expect(jobs.at(-1)?.holder).not.toBe(holder);
}, 240_000);

test('a retrainer on simulated time that is stopped while its job runs gives the job up', async () => {
  const { services, ledger, requests } = await useRetrainers(['left'], { FRAUD_RETRAIN_CLOCK: 'asked' });
  const service = services.get('left');
  const { id } = await requests.ask(ask);
  const looking = fetch(`http://127.0.0.1:${service?.operationsPort}/look`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ now: ask.requestedAt }),
  });
  await expect.poll(() => ledger.read(), { ...PATIENCE, interval: 20 }).toHaveLength(1);
  await service?.stop();
  const [job] = await ledger.read();
  expect(job).toMatchObject({ cause: { key: id } });
  expect(job?.end).toBeUndefined();
  const answer = await looking;
  expect(await answer.json()).toMatchObject({ drift: { decision: 'unknown' }, job: { holder: 'left' } });
  // Kept open, it would keep the process from ending for a minute.
  expect(answer.headers.get('Connection')).toBe('close');
}, 240_000);
