// test/shared/jobs/job-ledger.test.ts: one job at a time, each once; who goes silent loses the lease, and is told.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { type JobEnd, stateOf } from '../../../shared/jobs/job-entry.ts';
import { openJobLedger } from '../../../shared/jobs/job-ledger.ts';
import { openJobRequests } from '../../../shared/jobs/job-requests.ts';

const LEASE_MS = 60_000;

function useLedger() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-ledger-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createSettableClock(Date.parse('2026-03-01T00:00:00.000Z'));
  const end = (outcome: JobEnd['outcome'] = 'challenger'): JobEnd => ({
    outcome,
    finishedAt: new Date(clock.now()).toISOString(),
    exitStatus: 0,
  });
  return { directory, clock, end, ledger: openJobLedger(directory, clock) };
}

const scheduled = (key: string) => ({ kind: 'schedule', key }) as const;

test('while a job runs no other begins, and afterwards the next one does', async () => {
  const { ledger, end } = useLedger();
  const first = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
  expect(first?.entry).toMatchObject({ fence: 1, holder: 'left' });
  expect(await ledger.claim(scheduled('tuesday'), 'right', LEASE_MS)).toBeUndefined();
  expect(await first?.finish(end())).toBe(true);
  expect((await ledger.claim(scheduled('tuesday'), 'right', LEASE_MS))?.entry.fence).toBe(2);
});

test('a job that was done is not done again, whatever came of it', async () => {
  const { ledger, end } = useLedger();
  await (await ledger.claim(scheduled('monday'), 'left', LEASE_MS))?.finish(end('failed'));
  expect(await ledger.claim(scheduled('monday'), 'right', LEASE_MS)).toBeUndefined();
  expect(await ledger.claim({ kind: 'demand', key: 'monday' }, 'right', LEASE_MS)).toBeDefined();
});

test('of twenty that claim at once one gets the job', async () => {
  const { directory, clock } = useLedger();
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      openJobLedger(directory, clock).claim(scheduled('monday'), `replica-${index}`, LEASE_MS),
    ),
  );
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(['0000000001.json']);
});

test('a holder that renews keeps the lease; one that goes silent loses it and can note nothing more', async () => {
  const { ledger, clock, end } = useLedger();
  const silent = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
  clock.set(clock.now() + LEASE_MS - 1);
  expect(await silent?.renew()).toBe(true);
  clock.set(clock.now() + LEASE_MS - 1);
  expect(await ledger.claim(scheduled('monday'), 'right', LEASE_MS)).toBeUndefined();
  clock.set(clock.now() + 1);
  const next = await ledger.claim(scheduled('monday'), 'right', LEASE_MS);
  expect(next?.entry.fence).toBe(2);
  expect(await silent?.renew()).toBe(false);
  expect(await silent?.finish(end())).toBe(false);
  expect(await next?.finish(end('promoted'))).toBe(true);
  const states = (await ledger.read()).map((entry) => stateOf(entry, clock.now()));
  expect(states).toEqual(['abandoned', 'promoted']);
});

test('a claim tells how often the job was begun before and its holder went silent', async () => {
  const { ledger, clock, end } = useLedger();
  for (let attempt = 0; attempt < 3; attempt++) {
    const claim = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
    expect(claim?.silences).toBe(attempt);
    clock.set(clock.now() + LEASE_MS);
  }
  const other = await ledger.claim(scheduled('tuesday'), 'left', LEASE_MS);
  expect(other?.silences).toBe(0);
  await other?.finish(end());
  expect((await ledger.claim(scheduled('monday'), 'right', LEASE_MS))?.silences).toBe(3);
});

test('a job given back goes on with whoever comes next, at once, and nobody counts as silent', async () => {
  const { ledger, clock } = useLedger();
  const stopped = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
  expect(await stopped?.giveBack()).toBe(true);
  expect((await ledger.read()).map((entry) => stateOf(entry, clock.now()))).toEqual(['abandoned']);
  const next = await ledger.claim(scheduled('monday'), 'right', LEASE_MS);
  expect(next).toMatchObject({ silences: 0, entry: { fence: 2 } });
  expect(await stopped?.giveBack()).toBe(false);
});

test('requests wait in the order in which they were made, until they are taken up', async () => {
  const { directory } = useLedger();
  const requests = openJobRequests(join(directory, 'requests'));
  expect(await requests.list()).toEqual([]);
  const later = await requests.ask({ requestedAt: '2026-03-02T00:00:00.000Z', by: 'ops' });
  const earlier = await requests.ask({ requestedAt: '2026-03-01T00:00:00.000Z', by: 'ops', reason: 'wave' });
  expect(await requests.list()).toEqual([earlier, later]);
  await requests.remove(earlier.id);
  await requests.remove(earlier.id);
  expect(await requests.list()).toEqual([later]);
});

test('a request that cannot be read is named once and passed over; the others wait on', async () => {
  const { directory } = useLedger();
  const told: string[] = [];
  const requests = openJobRequests(directory, (path) => told.push(path));
  const empty = join(directory, '00000000-0000-4000-8000-000000000000.json');
  const other = join(directory, '00000000-0000-4000-8000-000000000001.json');
  writeFileSync(empty, '');
  writeFileSync(other, '{"id":"1"}');
  const asked = await requests.ask({ requestedAt: '2026-03-02T00:00:00.000Z', by: 'ops' });
  expect(await requests.list()).toEqual([asked]);
  expect(await requests.list()).toEqual([asked]);
  expect(told.sort()).toEqual([empty, other]);
});

test('a job that cannot be read is named once and passed over; its number stays taken', async () => {
  const { directory, clock, ledger, end } = useLedger();
  await (await ledger.claim(scheduled('monday'), 'left', LEASE_MS))?.finish(end());
  const path = join(directory, '0000000002.json');
  writeFileSync(path, '{"fence":2');
  const told: string[] = [];
  const reading = openJobLedger(directory, clock, { onDamaged: (damaged) => told.push(damaged) });
  expect((await reading.read()).map(({ fence }) => fence)).toEqual([1]);
  const claim = await reading.claim(scheduled('tuesday'), 'left', LEASE_MS);
  expect(claim?.entry.fence).toBe(3);
  expect(await claim?.finish(end())).toBe(true);
  expect(told).toEqual([path]);
});

test('a holder whose own entry became unreadable writes it again', async () => {
  const { directory, ledger, end } = useLedger();
  const claim = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
  writeFileSync(join(directory, '0000000001.json'), '');
  expect(await claim?.renew()).toBe(true);
  expect(await claim?.finish(end())).toBe(true);
  expect((await ledger.read()).at(-1)?.end?.outcome).toBe('challenger');
});

test('a lease from a clock that was years ahead binds nobody; one from a clock a little ahead does', async () => {
  const { directory, clock, ledger } = useLedger();
  const nowMs = clock.now();
  clock.set(nowMs + 3_600_000);
  await ledger.claim(scheduled('a little'), 'left', LEASE_MS);
  clock.set(nowMs);
  expect(await ledger.claim(scheduled('monday'), 'right', LEASE_MS)).toBeUndefined();
  clock.set(Date.parse('2099-01-01T00:00:00.000Z'));
  const wrong = await openJobLedger(directory, clock).claim(scheduled('far'), 'left', LEASE_MS);
  clock.set(nowMs);
  expect((await ledger.claim(scheduled('monday'), 'right', LEASE_MS))?.entry.fence).toBe(3);
  expect(await wrong?.renew()).toBe(false);
});

test('a renewal that could not be written moves no lease', async () => {
  const { directory, ledger, clock } = useLedger();
  const claim = await ledger.claim(scheduled('monday'), 'left', LEASE_MS);
  const expiresAt = claim?.entry.expiresAt;
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  clock.set(clock.now() + 1_000);
  await expect(claim?.renew()).rejects.toThrow();
  expect(claim?.entry.expiresAt).toBe(expiresAt);
});

test('a retrainer that is alone takes up what one before it left open, at the same instant', async () => {
  const { directory, clock, ledger, end } = useLedger();
  const killed = await ledger.claim(scheduled('monday'), 'before', LEASE_MS);
  const alone = openJobLedger(directory, clock, { isAlone: true });
  const claim = await alone.claim(scheduled('monday'), 'now', LEASE_MS);
  expect(claim).toMatchObject({ silences: 1, entry: { fence: 2 } });
  expect(await killed?.renew()).toBe(false);
  expect(await claim?.finish(end())).toBe(true);
  expect(await alone.claim(scheduled('monday'), 'now', LEASE_MS)).toBeUndefined();
});
