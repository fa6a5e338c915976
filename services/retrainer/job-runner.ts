// services/retrainer/job-runner.ts: what is wanted (wanted-jobs.ts) → a claim in the ledger, the job, its end; one at a time.
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameCause, type JobCause, type JobEntry } from '../../shared/jobs/job-entry.ts';
import type { JobClaim, JobLedger } from '../../shared/jobs/job-ledger.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { RetrainerServiceMetrics } from './metrics.ts';
import type { JobResult } from './run-job.ts';
import { createAheadTeller } from './tell-ahead.ts';
import { listWanted, type WantedJob, type WantedParts } from './wanted-jobs.ts';

export interface JobRunnerParts extends WantedParts {
  readonly ledger: JobLedger;
  readonly log: Logger;
  readonly metrics: RetrainerServiceMetrics;
  readonly holder: string;
  readonly leaseMs: number;
  /** Runs the job until it ends or the signal fires. */
  readonly run: (askedMs: number, signal: AbortSignal) => Promise<JobResult>;
}

export interface JobRunner {
  /** Begins at most one job and waits for its end. @returns what was begun */
  lookOnce(signal: AbortSignal): Promise<JobCause | undefined>;
}

/** Renewed often enough that two renewals may fail. */
const RENEWALS_PER_LEASE = 3;
/** A job with which its retrainers keep going silent is not begun for ever. */
const MOST_SILENCES = 3;

/** As it is logged: whatever is called a key is struck out of logs. */
const tellCause = ({ kind, key, note }: JobCause) => ({ cause: kind, job: key, note });

export function createJobRunner(parts: JobRunnerParts): JobRunner {
  const { ledger, requests, clock, log, metrics, holder, leaseMs } = parts;
  const tellAhead = createAheadTeller(log);

  async function end(claim: JobClaim, result: NonNullable<JobResult>): Promise<boolean> {
    const { cause } = claim.entry;
    const isNoted = await claim.finish({ ...result, finishedAt: toInstant(clock.now()) });
    if (!isNoted) {
      log.warn(tellCause(cause), 'job ended after its lease was lost');
      return false;
    }
    metrics.jobs.inc({ cause: cause.kind, outcome: result.outcome });
    metrics.lastFinished.set(clock.now() / 1_000);
    log.info({ ...tellCause(cause), ...result }, 'job ended');
    return true;
  }

  async function hold(claim: JobClaim, askedMs: number, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const done = new AbortController();
    const renewing = keepRenewing(claim, parts, done.signal).catch(() => lost.abort());
    const begunMs = clock.now();
    metrics.running.set(1);
    try {
      const result = await parts.run(askedMs, AbortSignal.any([signal, lost.signal]));
      done.abort();
      await renewing;
      const { cause } = claim.entry;
      if (result) {
        if (await end(claim, result)) metrics.jobSeconds.observe((clock.now() - begunMs) / 1_000);
        return;
      }
      const isLeft = signal.aborted && (await claim.giveBack());
      log.warn(tellCause(cause), isLeft ? 'job given back: stopping' : 'job given up: its lease was lost');
    } finally {
      done.abort();
      metrics.running.set(0);
    }
  }

  /** @returns true when the job was begun, whatever came of it */
  async function tryOne(
    wanted: WantedJob,
    entries: readonly JobEntry[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { cause, askedMs } = wanted;
    const claim = await ledger.claim(cause, holder, leaseMs);
    if (!claim) return false;
    if (claim.silences >= MOST_SILENCES) {
      await end(claim, toGivenUp(claim));
      return false;
    }
    log.info({ ...tellCause(cause), fence: claim.entry.fence }, 'job begins');
    await hold(claim, askedMs ?? firstBegunMs(entries, claim.entry), signal);
    return true;
  }

  return {
    lookOnce: async (signal) => {
      const entries = await ledger.read();
      tellAhead(entries, clock.now());
      for (const wanted of await listWanted(parts, entries)) {
        const isBegun = await tryOne(wanted, entries, signal);
        const { cause } = wanted;
        if (cause.kind === 'demand' && (await isDone(ledger, cause))) await requests.remove(cause.key);
        if (isBegun) return cause;
      }
      return undefined;
    },
  };
}

const toInstant = (ms: number): string => new Date(ms).toISOString();

const toGivenUp = ({ silences }: JobClaim): NonNullable<JobResult> => ({
  outcome: 'failed',
  exitStatus: null,
  failure: `Given up: begun ${silences} times, and each time its retrainer went silent.`,
});

/** Returns when the job is done. @throws when the lease is lost, or has run out before a renewal could be written */
async function keepRenewing(
  claim: JobClaim,
  { clock, log, leaseMs }: JobRunnerParts,
  done: AbortSignal,
): Promise<void> {
  for (;;) {
    // An aborted wait is the usual end.
    await sleep(leaseMs / RENEWALS_PER_LEASE, undefined, { signal: done, ref: false }).catch(() => {});
    if (done.aborted) return;
    const isHeld = await claim.renew().catch((error: unknown) => {
      if (Date.parse(claim.entry.expiresAt) <= clock.now()) throw error;
      log.warn({ err: error }, 'lease not renewed: tried again');
      return true;
    });
    if (!isHeld) throw new RangeError('The lease was lost.');
  }
}

/** Taken up after the hour it is still the same run. */
function firstBegunMs(entries: readonly JobEntry[], claimed: JobEntry): number {
  const first = entries.find(({ cause }) => isSameCause(cause, claimed.cause)) ?? claimed;
  // Not later than this attempt: the clock of the first may have been ahead.
  return Math.min(Date.parse(first.startedAt), Date.parse(claimed.startedAt));
}

async function isDone(ledger: JobLedger, asked: JobCause): Promise<boolean> {
  return (await ledger.read()).some(({ cause, end }) => isSameCause(cause, asked) && end);
}
