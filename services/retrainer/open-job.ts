// services/retrainer/open-job.ts: a job that was begun and has no end is wanted until it has one: its retrainer may be gone for good.
import type { JobCause, JobEntry } from '../../shared/jobs/job-entry.ts';

/**
 * Of the scheduled jobs, or of those that drift began, the latest: a later one makes up for those before it.
 * @param entries as the ledger gives them, in order of their claims
 * @returns undefined when it has ended. Whether it still runs is the ledger's affair.
 */
export function findOpenJob(entries: readonly JobEntry[], kind: JobCause['kind']): JobCause | undefined {
  const latest = entries.findLast(({ cause }) => cause.kind === kind);
  return latest?.end ? undefined : latest?.cause;
}
