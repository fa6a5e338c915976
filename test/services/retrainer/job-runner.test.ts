// test/services/retrainer/job-runner.test.ts: requests before schedule before drift, each once; drift waits after drift; a job given up is left to others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createJobRunner } from '../../../services/retrainer/job-runner.ts';
import { createRetrainerServiceMetrics } from '../../../services/retrainer/metrics.ts';
import type { JobResult } from '../../../services/retrainer/run-job.ts';
import { createSchedule } from '../../../services/retrainer/schedule.ts';
import type { WantedByDrift } from '../../../services/retrainer/wanted-jobs.ts';
import { createSettableClock, type SettableClock } from '../../../shared/clock.ts';
import { type JobClaim, type JobLedger, openJobLedger } from '../../../shared/jobs/job-ledger.ts';
import { openJobRequests } from '../../../shared/jobs/job-requests.ts';
import { createLogger } from '../../../shared/observability/logger.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');
const refused: JobResult = { outcome: 'refused', exitStatus: 3, run: 'run-1', modelVersion: 'retrained-1' };
const never = new AbortController().signal;

/** Renews, or fails to. */
type Renewal = (real: JobClaim['renew'], clock: SettableClock) => Promise<boolean>;

/** A claim is a live object: its entry changes when it is renewed. */
function withRenewal(claim: JobClaim, renew: (real: JobClaim['renew']) => Promise<boolean>): JobClaim {
  return Object.create(claim, { renew: { value: () => renew(claim.renew) } });
}

/** A folder that replicas share. */
function useFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-runner-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** @param startedMs a replica that starts then */
function useRunner({
  directory = useFolder(),
  startedMs = START_MS,
  expression = '0 3 * * *',
  givesUp = false,
  times = 0,
  onDrift = true,
  leaseMs = 60_000,
  run = async (_signal: AbortSignal): Promise<JobResult> => (givesUp ? undefined : refused),
  renew = undefined as Renewal | undefined,
} = {}) {
  const clock = createSettableClock(startedMs);
  const stored = openJobLedger(join(directory, 'ledger'), clock);
  const ledger: JobLedger = {
    ...stored,
    claim: async (...asked) => {
      const claim = await stored.claim(...asked);
      return claim && renew ? withRenewal(claim, (real) => renew(real, clock)) : claim;
    },
  };
  const requests = openJobRequests(join(directory, 'requests'));
  const metrics = createRetrainerServiceMetrics();
  const drift: { wanted: WantedByDrift | undefined } = { wanted: undefined };
  const asked: string[] = [];
  const lines: string[] = [];
  const runner = createJobRunner({
    ledger,
    requests,
    schedule: createSchedule({
      expression,
      timeZone: 'UTC',
      jitterSeconds: 0,
      missedRuns: 'run-once',
      holder: 'one',
      startedMs,
    }),
    clock,
    log: createLogger('test', 'info', { write: (line) => void lines.push(line) }),
    metrics,
    holder: 'one',
    leaseMs,
    driftPauseMs: 7 * DAY_MS,
    followUps: { times, everyMs: 10 * DAY_MS },
    drifting: onDrift ? () => drift.wanted : undefined,
    run: (askedMs, signal) => {
      asked.push(new Date(askedMs).toISOString());
      return run(signal);
    },
  });
  const look = async () => (await runner.lookOnce(never))?.kind;
  /** The service stops meanwhile. */
  const stop = async () => (await runner.lookOnce(AbortSignal.abort()))?.kind;
  return { clock, ledger, requests, metrics, drift, asked, lines, look, stop };
}

test('what was asked for comes first, then what is due, then what drifts; then nothing', async () => {
  const { clock, requests, drift, asked, look } = useRunner();
  const requestedAt = '2026-03-02T03:30:00.000Z';
  await requests.ask({ requestedAt, by: 'ops' });
  drift.wanted = { key: 'champion|1', note: 'score 9.0 > 4.5' };
  clock.set(Date.parse('2026-03-02T04:00:00.000Z'));
  expect([await look(), await look(), await look(), await look()]).toEqual([
    'demand',
    'schedule',
    'drift',
    undefined,
  ]);
  expect(asked).toEqual([requestedAt, '2026-03-02T03:00:00.000Z', '2026-03-02T04:00:00.000Z']);
  expect(await requests.list()).toEqual([]);
});

test('a night’s job runs once a night', async () => {
  const { clock, look } = useRunner();
  const kinds: (string | undefined)[] = [];
  for (let hour = 0; hour < 72; hour++) {
    kinds.push(await look());
    clock.set(clock.now() + DAY_MS / 24);
  }
  expect(kinds.filter((kind) => kind !== undefined)).toEqual(['schedule', 'schedule', 'schedule']);
});

test('after a retraining that drift began, drift of the next days waits', async () => {
  const { clock, drift, look } = useRunner();
  const begun: number[] = [];
  for (let day = 0; day < 20; day++) {
    clock.set(Date.parse('2026-03-02T01:00:00.000Z') + day * DAY_MS);
    drift.wanted = { key: `champion|${day}`, note: 'score' };
    for (let kind = await look(); kind !== undefined; kind = await look())
      if (kind === 'drift') begun.push(day);
  }
  expect(begun).toEqual([0, 7, 14]);
});

test('drift that has passed is followed up so many times, each when the one before has ended for long enough', async () => {
  const { clock, ledger, drift, look } = useRunner({ times: 2 });
  const begun: number[] = [];
  for (let day = 0; day < 50; day++) {
    clock.set(Date.parse('2026-03-02T01:00:00.000Z') + day * DAY_MS);
    drift.wanted = day === 3 ? { key: `champion|${day}`, note: 'score' } : undefined;
    for (let kind = await look(); kind !== undefined; kind = await look())
      if (kind === 'drift') begun.push(day);
  }
  expect(begun).toEqual([3, 13, 23]);
  const causes = (await ledger.read()).flatMap(({ cause }) => (cause.kind === 'drift' ? [cause] : []));
  expect(causes.map(({ key }) => key)).toEqual(['champion|3', 'champion|3+1', 'champion|3+2']);
  expect(causes.at(-1)?.note).toBe('follow-up 2 of 2: score');
});

test('new drift is no follow-up, and has follow-ups of its own', async () => {
  const { clock, drift, look } = useRunner({ times: 1 });
  const begun: number[] = [];
  for (let day = 0; day < 50; day++) {
    clock.set(Date.parse('2026-03-02T01:00:00.000Z') + day * DAY_MS);
    drift.wanted = day === 0 || day === 8 ? { key: `champion|${day}`, note: 'score' } : undefined;
    for (let kind = await look(); kind !== undefined; kind = await look())
      if (kind === 'drift') begun.push(day);
  }
  expect(begun).toEqual([0, 8, 18]);
});

test('what came of a job is in the ledger and counted', async () => {
  const { clock, ledger, metrics, look } = useRunner();
  clock.set(Date.parse('2026-03-02T03:00:00.000Z'));
  await look();
  expect((await ledger.read()).at(-1)).toMatchObject({
    holder: 'one',
    cause: { kind: 'schedule', key: '2026-03-02T03:00:00.000Z' },
    end: refused,
  });
  expect(await metrics.registry.metrics()).toContain(
    'fraud_retrain_jobs_total{cause="schedule",outcome="refused"} 1',
  );
});

test('a job given up stays open in the ledger, and somebody else begins it when the lease has run out', async () => {
  const { clock, ledger, requests, look } = useRunner({ givesUp: true });
  const { id } = await requests.ask({ requestedAt: '2026-03-01T12:00:00.000Z', by: 'ops' });
  expect(await look()).toBe('demand');
  expect(await ledger.claim({ kind: 'demand', key: id }, 'other', 60_000)).toBeUndefined();
  clock.set(clock.now() + 60_000);
  expect((await ledger.claim({ kind: 'demand', key: id }, 'other', 60_000))?.entry.fence).toBe(2);
  expect(await requests.list()).toHaveLength(1);
});

test('a scheduled job whose only replica was killed is taken up by the replica that starts after it', async () => {
  const directory = useFolder();
  const killed = useRunner({ directory, givesUp: true });
  killed.clock.set(Date.parse('2026-03-02T03:00:00.000Z'));
  expect(await killed.look()).toBe('schedule');
  const startedMs = Date.parse('2026-03-02T03:20:00.000Z');
  expect(await useRunner({ directory, startedMs, expression: '' }).look()).toBeUndefined();
  const next = useRunner({ directory, startedMs });
  expect([await next.look(), await next.look()]).toEqual(['schedule', undefined]);
  expect(next.asked).toEqual(['2026-03-02T03:00:00.000Z']);
});

test('a job that drift began goes on after its retrainer was killed, though nothing drifts any more, and is followed up', async () => {
  const directory = useFolder();
  const killed = useRunner({ directory, expression: '', givesUp: true });
  killed.drift.wanted = { key: 'before|1', note: 'score' };
  expect(await killed.look()).toBe('drift');
  const next = useRunner({ directory, expression: '', times: 1 });
  next.clock.set(START_MS + DAY_MS);
  // Drift of what it promoted does not come before it either.
  next.drift.wanted = { key: 'promoted|2', note: 'score' };
  expect(await next.look()).toBe('drift');
  next.drift.wanted = undefined;
  expect(await next.look()).toBeUndefined();
  next.clock.set(START_MS + 11 * DAY_MS);
  expect(await next.look()).toBe('drift');
  const keys = (await next.ledger.read()).map(({ cause }) => cause.key);
  expect(keys).toEqual(['before|1', 'before|1', 'before|1+1']);
});

test('where drift is only shown, a job that it began before goes on no longer', async () => {
  const directory = useFolder();
  const stopped = useRunner({ directory, expression: '', givesUp: true });
  stopped.drift.wanted = { key: 'champion|1', note: 'score' };
  await stopped.look();
  const next = useRunner({ directory, expression: '', onDrift: false });
  next.clock.set(START_MS + DAY_MS);
  expect(await next.look()).toBeUndefined();
});

test('a job that drift began and its follow-up are taken up with the cut they had, hours later too', async () => {
  const directory = useFolder();
  const killed = useRunner({ directory, expression: '', givesUp: true });
  killed.drift.wanted = { key: 'champion|1', note: 'score' };
  await killed.look();
  const next = useRunner({ directory, expression: '', startedMs: START_MS + 3 * 3_600_000, times: 1 });
  await next.look();
  expect(next.asked).toEqual(killed.asked);
  const followedMs = START_MS + 12 * DAY_MS;
  const stopped = useRunner({ directory, expression: '', startedMs: followedMs, givesUp: true, times: 1 });
  expect(await stopped.look()).toBe('drift');
  next.clock.set(followedMs + DAY_MS);
  expect(await next.look()).toBe('drift');
  expect(next.asked.slice(1)).toEqual(stopped.asked);
});

test('a job that ended years ahead, by a clock that was wrong, stops neither drift nor what is due, and is told of once', async () => {
  const directory = useFolder();
  const kept = useRunner({ directory });
  kept.clock.set(START_MS + DAY_MS);
  expect(await kept.look()).toBe('schedule');
  const wrong = useRunner({ directory, startedMs: Date.parse('2099-01-01T02:00:00.000Z') });
  wrong.clock.set(wrong.clock.now() + DAY_MS);
  wrong.drift.wanted = { key: 'champion|47000', note: 'score' };
  expect([await wrong.look(), await wrong.look()]).toEqual(['schedule', 'drift']);
  const next = useRunner({ directory, startedMs: START_MS + 3 * DAY_MS });
  next.drift.wanted = { key: 'champion|1', note: 'score' };
  expect([await next.look(), await next.look(), await next.look()]).toEqual(['schedule', 'drift', undefined]);
  expect(next.lines.filter((line) => line.includes('a clock that was ahead'))).toHaveLength(2);
});

test('a job left open by a clock that was years ahead is taken up, with the cut of now', async () => {
  const directory = useFolder();
  const startedMs = Date.parse('2099-01-01T02:00:00.000Z');
  const wrong = useRunner({ directory, startedMs, givesUp: true });
  wrong.drift.wanted = { key: 'champion|47000', note: 'score' };
  await wrong.look();
  const next = useRunner({ directory });
  expect(await next.look()).toBe('drift');
  expect(next.asked).toEqual([new Date(START_MS).toISOString()]);
});

test('a request whose job went silent three times is ended as failed and waits no longer', async () => {
  const { clock, ledger, requests, metrics, look } = useRunner({ expression: '', givesUp: true });
  await requests.ask({ requestedAt: '2026-03-01T12:00:00.000Z', by: 'ops' });
  const begun: (string | undefined)[] = [];
  for (let hour = 0; hour < 5; hour++) {
    clock.set(START_MS + hour * 3_600_000);
    begun.push(await look());
  }
  expect(begun).toEqual(['demand', 'demand', 'demand', undefined, undefined]);
  expect(await requests.list()).toEqual([]);
  const entries = await ledger.read();
  expect(entries).toHaveLength(4);
  expect(entries.at(-1)?.end).toMatchObject({ outcome: 'failed', exitStatus: null });
  expect(entries.at(-1)?.end?.failure).toContain('begun 3 times');
  expect(await metrics.registry.metrics()).toContain(
    'fraud_retrain_jobs_total{cause="demand",outcome="failed"} 1',
  );
});

test('a follow-up that went silent three times does not end those after it', async () => {
  const directory = useFolder();
  const first = useRunner({ directory, expression: '', times: 3 });
  first.drift.wanted = { key: 'champion|1', note: 'score' };
  await first.look();
  const silent = useRunner({ directory, expression: '', times: 3, givesUp: true });
  for (let hour = 0; hour < 3; hour++) {
    silent.clock.set(START_MS + 10 * DAY_MS + hour * 3_600_000);
    expect(await silent.look()).toBe('drift');
  }
  const begun: string[] = [];
  first.drift.wanted = undefined;
  for (let day = 11; day < 60; day++) {
    first.clock.set(START_MS + day * DAY_MS);
    if (await first.look()) begun.push((await first.ledger.read()).at(-1)?.cause.key ?? '');
  }
  expect(begun).toEqual(['champion|1+2', 'champion|1+3']);
});

test('a job given up because the service stops is given back: no attempt, and no waiting for its lease', async () => {
  const { ledger, requests, stop } = useRunner({ expression: '', givesUp: true });
  await requests.ask({ requestedAt: '2026-03-01T12:00:00.000Z', by: 'ops' });
  for (let stops = 0; stops < 5; stops++) expect(await stop()).toBe('demand');
  expect(await requests.list()).toHaveLength(1);
  expect((await ledger.read()).map(({ end }) => end)).toEqual(Array(5).fill(undefined));
});

const ioError = () => new Error('EIO: i/o error, write');
const abortOf = (signal: AbortSignal) =>
  new Promise<undefined>((done) => signal.addEventListener('abort', () => done(undefined)));

test('renewals of the lease that fail are tried again while it holds: the job goes on', async () => {
  let tellRenewed = (_result: JobResult): void => {};
  const renewed = new Promise<JobResult>((resolve) => {
    tellRenewed = resolve;
  });
  let failures = 2;
  const { requests, ledger, look } = useRunner({
    expression: '',
    leaseMs: 30,
    run: (signal) => Promise.race([renewed, abortOf(signal)]),
    renew: async (real) => {
      if (failures-- > 0) throw ioError();
      const isHeld = await real();
      tellRenewed(refused);
      return isHeld;
    },
  });
  await requests.ask({ requestedAt: '2026-03-01T12:00:00.000Z', by: 'ops' });
  await look();
  expect((await ledger.read()).at(-1)?.end?.outcome).toBe('refused');
});

test('when the lease has run out before a renewal went through, the job is ended', async () => {
  const { requests, ledger, look } = useRunner({
    expression: '',
    leaseMs: 30,
    run: abortOf,
    renew: async (_real, clock) => {
      clock.set(clock.now() + 15);
      throw ioError();
    },
  });
  await requests.ask({ requestedAt: '2026-03-01T12:00:00.000Z', by: 'ops' });
  expect(await look()).toBe('demand');
  expect((await ledger.read()).at(-1)?.end).toBeUndefined();
});

test('drift of long ago is not followed up by a retrainer that was away meanwhile', async () => {
  const directory = useFolder();
  const before = useRunner({ directory, expression: '', times: 2 });
  before.drift.wanted = { key: 'champion|1', note: 'score' };
  await before.look();
  const begunAfter = async (days: number) =>
    useRunner({ directory, expression: '', times: 2, startedMs: START_MS + days * DAY_MS }).look();
  expect([await begunAfter(365), await begunAfter(31), await begunAfter(30)]).toEqual([
    undefined,
    undefined,
    'drift',
  ]);
});
