// services/retrainer/job-runner.ts: what is asked for, due or drifting → a claim in the ledger, the job, its end; one at a time.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import type { JobCause, JobEntry } from '../../shared/jobs/job-entry.ts';
import type { JobClaim, JobLedger } from '../../shared/jobs/job-ledger.ts';
import type { JobRequests } from '../../shared/jobs/job-requests.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { type FollowUps, nextFollowUp } from './follow-up.ts';
import type { RetrainerServiceMetrics } from './metrics.ts';
import { findOpenJob } from './open-job.ts';
import type { JobResult } from './run-job.ts';
import type { Schedule } from './schedule.ts';

/** A job to be begun: why, and the cut its data are taken at. */
interface WantedJob {
  readonly cause: JobCause;
  /** Undefined: when it is first begun. */
  readonly askedMs?: number;
}

/** Drift that asks for a retraining: of which champion, since which day. */
export interface WantedByDrift {
  readonly key: string;
  readonly note: string;
}

export interface JobRunnerParts {
  readonly ledger: JobLedger;
  readonly requests: JobRequests;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RetrainerServiceMetrics;
  readonly holder: string;
  readonly leaseMs: number;
  readonly driftPauseMs: number;
  readonly followUps: FollowUps;
  /** Gives nothing while nothing drifts. Undefined where drift is only shown. */
  readonly drifting: (() => WantedByDrift | undefined) | undefined;
  /** Runs the job until it ends or the signal fires. */
  readonly run: (askedMs: number, signal: AbortSignal) => Promise<JobResult>;
}

export interface JobRunner {
  /** Begins at most one job and waits for its end. @returns what was begun */
  lookOnce(signal: AbortSignal): Promise<JobCause | undefined>;
}

/** Renewed often enough that two renewals may fail. */
const RENEWALS_PER_LEASE = 3;

export function createJobRunner(parts: JobRunnerParts): JobRunner {
  const { ledger, requests, schedule, clock, log, metrics, holder, leaseMs } = parts;

  async function listWanted(): Promise<WantedJob[]> {
    const entries = await ledger.read();
    const nowMs = clock.now();
    const onDemand = (await requests.list()).map(
      ({ id, requestedAt, by, reason }): WantedJob => ({
        cause: { kind: 'demand', key: id, note: reason === undefined ? by : `${by}: ${reason}` },
        askedMs: Date.parse(requestedAt),
      }),
    );
    const scheduledMs = schedule.dueAt(nowMs, lastScheduledOf(entries)) ?? openScheduledOf(entries, nowMs);
    const byDrift = driftCauseOf(entries, nowMs);
    return [
      ...onDemand,
      ...(scheduledMs === undefined
        ? []
        : [{ cause: causeOf('schedule', toInstant(scheduledMs)), askedMs: scheduledMs }]),
      ...(byDrift ? [{ cause: byDrift }] : []),
    ];
  }

  /** Where nothing is scheduled any more, nothing is taken up either. */
  function openScheduledOf(entries: readonly JobEntry[], nowMs: number): number | undefined {
    const open = schedule.nextAfter(nowMs) === undefined ? undefined : findOpenJob(entries, 'schedule');
    return open && Date.parse(open.key);
  }

  /** A job that was begun comes first: by what it did its drift may be over, and nothing else asks for it. */
  function driftCauseOf(entries: readonly JobEntry[], nowMs: number): JobCause | undefined {
    if (!parts.drifting) return undefined;
    const open = findOpenJob(entries, 'drift');
    if (open) return open;
    const drift = isPaused(entries, nowMs, parts.driftPauseMs) ? undefined : parts.drifting();
    return drift
      ? { ...causeOf('drift', drift.key), note: drift.note }
      : nextFollowUp(entries, nowMs, parts.followUps);
  }

  async function hold(claim: JobClaim, askedMs: number, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const done = new AbortController();
    const renewing = keepRenewing(claim, leaseMs / RENEWALS_PER_LEASE, done.signal).catch(() => lost.abort());
    const begunMs = clock.now();
    metrics.running.set(1);
    try {
      const result = await parts.run(askedMs, AbortSignal.any([signal, lost.signal]));
      done.abort();
      await renewing;
      const { cause } = claim.entry;
      if (!result) return log.warn({ cause }, 'job given up: stopping, or its lease was lost');
      const isNoted = await claim.finish({ ...result, finishedAt: toInstant(clock.now()) });
      if (!isNoted) return log.warn({ cause }, 'job ended after its lease was lost');
      metrics.jobs.inc({ cause: cause.kind, outcome: result.outcome });
      metrics.jobSeconds.observe((clock.now() - begunMs) / 1_000);
      metrics.lastFinished.set(clock.now() / 1_000);
      log.info({ cause, ...result }, 'job ended');
    } finally {
      done.abort();
      metrics.running.set(0);
    }
  }

  return {
    lookOnce: async (signal) => {
      for (const { cause, askedMs } of await listWanted()) {
        const claim = await ledger.claim(cause, holder, leaseMs);
        if (claim) {
          log.info({ cause, fence: claim.entry.fence }, 'job begins');
          await hold(claim, askedMs ?? firstBegunMs(await ledger.read(), claim.entry), signal);
        }
        if (cause.kind === 'demand' && (await isDone(ledger, cause))) await requests.remove(cause.key);
        if (claim) return cause;
      }
      return undefined;
    },
  };
}

const toInstant = (ms: number): string => new Date(ms).toISOString();
const causeOf = (kind: JobCause['kind'], key: string): JobCause => ({ kind, key });

/** @throws when the lease is lost, or the ledger cannot be written */
async function keepRenewing(claim: JobClaim, everyMs: number, done: AbortSignal): Promise<void> {
  for (;;) {
    // An aborted wait is the usual end.
    await sleep(everyMs, undefined, { signal: done, ref: false }).catch(() => {});
    if (done.aborted) return;
    if (!(await claim.renew())) throw new RangeError('The lease was lost.');
  }
}

/** Taken up after the hour it is still the same run. */
function firstBegunMs(entries: readonly JobEntry[], claimed: JobEntry): number {
  const { kind, key } = claimed.cause;
  const first = entries.find(({ cause }) => cause.kind === kind && cause.key === key) ?? claimed;
  return Date.parse(first.startedAt);
}

function lastScheduledOf(entries: readonly JobEntry[]): number | undefined {
  const keys = entries.flatMap(({ cause }) => (cause.kind === 'schedule' ? [Date.parse(cause.key)] : []));
  return keys.length === 0 ? undefined : Math.max(...keys);
}

/** After a retraining that drift began the next one waits: its windows need days to fill again. Abandoned ones do not count. */
function isPaused(entries: readonly JobEntry[], nowMs: number, pauseMs: number): boolean {
  return entries.some(
    ({ cause, end }) => cause.kind === 'drift' && end && Date.parse(end.finishedAt) + pauseMs > nowMs,
  );
}

async function isDone(ledger: JobLedger, { kind, key }: JobCause): Promise<boolean> {
  return (await ledger.read()).some(({ cause, end }) => cause.kind === kind && cause.key === key && end);
}
