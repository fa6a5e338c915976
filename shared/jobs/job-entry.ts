// shared/jobs/job-entry.ts: one job as the ledger holds it: why it runs, who holds it until when, what came of it.
import { z } from 'zod';

export const jobCauses = ['schedule', 'demand', 'drift'] as const;

const instant = z.iso.datetime();

export const jobCauseSchema = z.object({
  kind: z.enum(jobCauses),
  /** What makes it this job and no other: the scheduled instant, the request's id, champion and day of the drift. Done once, by whoever is first. */
  key: z.string().min(1).max(200),
  /** For people: who asked, which source drifted. */
  note: z.string().optional(),
});
export type JobCause = z.infer<typeof jobCauseSchema>;

export const jobOutcomes = [
  'promoted',
  'challenger',
  'refused',
  'failed',
  'out-of-time',
  'out-of-memory',
] as const;
export type JobOutcome = (typeof jobOutcomes)[number];

export const jobEndSchema = z.object({
  outcome: z.enum(jobOutcomes),
  finishedAt: instant,
  /** Exit status of the job's process; null when it was killed. */
  exitStatus: z.int().nullable(),
  /** Name of the run below the runs directory, and what it registered. */
  run: z.string().optional(),
  modelVersion: z.string().optional(),
  /** Last words of a job that failed. */
  failure: z.string().optional(),
  peakMemoryMegabytes: z.number().optional(),
});
export type JobEnd = z.infer<typeof jobEndSchema>;

export const jobEntrySchema = z.object({
  /** Number of the claim, 1 for the first: who holds a smaller one has lost the lease. */
  fence: z.int().min(1),
  cause: jobCauseSchema,
  holder: z.string(),
  startedAt: instant,
  /** While it runs: the lease ends here unless it is renewed. */
  expiresAt: instant,
  /** True: its holder stopped and said so. Anybody may go on with it. */
  isGivenBack: z.boolean().optional(),
  end: jobEndSchema.optional(),
});
export type JobEntry = z.infer<typeof jobEntrySchema>;

/** The same question, whoever asks it again. */
export const isSameCause = (one: JobCause, other: JobCause): boolean =>
  one.kind === other.kind && one.key === other.key;

/** `abandoned`: its holder went away, with a word (`isGivenBack`) or without. */
export type JobState = 'running' | 'abandoned' | JobOutcome;

/** More than the longest lease, by clocks that differ as much: what lies further ahead was noted by a clock that was wrong. */
const FURTHEST_AHEAD_MS = 2 * 3_600_000;

/** False for an instant so far ahead that it would bind everybody for as long. */
export const isBelievable = (instant: string, nowMs: number): boolean =>
  Date.parse(instant) <= nowMs + FURTHEST_AHEAD_MS;

export function stateOf({ end, expiresAt }: JobEntry, nowMs: number): JobState {
  if (end) return end.outcome;
  return Date.parse(expiresAt) > nowMs && isBelievable(expiresAt, nowMs) ? 'running' : 'abandoned';
}
