// services/retrainer/wanted-jobs.ts: which jobs are wanted now: asked for, due or drifting, and why.
import type { Clock } from '../../shared/clock.ts';
import { isBelievable, type JobCause, type JobEntry } from '../../shared/jobs/job-entry.ts';
import type { JobRequests } from '../../shared/jobs/job-requests.ts';
import { type FollowUps, nextFollowUp } from './follow-up.ts';
import { findOpenJob } from './open-job.ts';
import type { Schedule } from './schedule.ts';

/** A job to be begun: why, and the cut its data are taken at. */
export interface WantedJob {
  readonly cause: JobCause;
  /** Undefined: when it is first begun. */
  readonly askedMs?: number;
}

/** Drift that asks for a retraining: of which champion, since which day. */
export interface WantedByDrift {
  readonly key: string;
  readonly note: string;
}

export interface WantedParts {
  readonly requests: JobRequests;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly driftPauseMs: number;
  readonly followUps: FollowUps;
  /** Gives nothing while nothing drifts. Undefined where drift is only shown. */
  readonly drifting: (() => WantedByDrift | undefined) | undefined;
}

const toInstant = (ms: number): string => new Date(ms).toISOString();
const causeOf = (kind: JobCause['kind'], key: string): JobCause => ({ kind, key });

/**
 * Every job that is wanted now, the most wanted first. Whether it may begin is the ledger's affair.
 * @param entries as the ledger gives them
 */
export async function listWanted(parts: WantedParts, entries: readonly JobEntry[]): Promise<WantedJob[]> {
  const { requests, schedule, clock } = parts;
  const nowMs = clock.now();
  const onDemand = (await requests.list()).map(
    ({ id, requestedAt, by, reason }): WantedJob => ({
      cause: { kind: 'demand', key: id, note: reason === undefined ? by : `${by}: ${reason}` },
      askedMs: Date.parse(requestedAt),
    }),
  );
  const scheduledMs =
    schedule.dueAt(nowMs, lastScheduledOf(entries, nowMs)) ?? openScheduledOf(schedule, entries, nowMs);
  const byDrift = driftCauseOf(parts, entries, nowMs);
  return [
    ...onDemand,
    ...(scheduledMs === undefined
      ? []
      : [{ cause: causeOf('schedule', toInstant(scheduledMs)), askedMs: scheduledMs }]),
    ...(byDrift ? [{ cause: byDrift }] : []),
  ];
}

/** Where nothing is scheduled any more, nothing is taken up either. */
function openScheduledOf(
  schedule: Schedule,
  entries: readonly JobEntry[],
  nowMs: number,
): number | undefined {
  const open = schedule.nextAfter(nowMs) === undefined ? undefined : findOpenJob(entries, 'schedule');
  return open && isBelievable(open.key, nowMs) ? Date.parse(open.key) : undefined;
}

/** A job that was begun comes first: by what it did its drift may be over, and nothing else asks for it. */
function driftCauseOf(parts: WantedParts, entries: readonly JobEntry[], nowMs: number): JobCause | undefined {
  if (!parts.drifting) return undefined;
  const open = findOpenJob(entries, 'drift');
  if (open) return open;
  const drift = isPaused(entries, nowMs, parts.driftPauseMs) ? undefined : parts.drifting();
  return drift
    ? { ...causeOf('drift', drift.key), note: drift.note }
    : nextFollowUp(entries, nowMs, parts.followUps);
}

function lastScheduledOf(entries: readonly JobEntry[], nowMs: number): number | undefined {
  const keys = entries.flatMap(({ cause: { kind, key } }) =>
    kind === 'schedule' && isBelievable(key, nowMs) ? [Date.parse(key)] : [],
  );
  return keys.length === 0 ? undefined : Math.max(...keys);
}

/** After a retraining that drift began the next one waits: its windows need days to fill again. Abandoned ones do not count. */
function isPaused(entries: readonly JobEntry[], nowMs: number, pauseMs: number): boolean {
  return entries.some(({ cause, end }) => {
    if (cause.kind !== 'drift' || !end || !isBelievable(end.finishedAt, nowMs)) return false;
    return Date.parse(end.finishedAt) + pauseMs > nowMs;
  });
}
