// services/retrainer/follow-up.ts: what drift began is trained again while its labels come in: the first of them are few, and often too few.
import type { JobCause, JobEntry } from '../../shared/jobs/job-entry.ts';

export interface FollowUps {
  /** Further retrainings after one that drift began; 0: none. */
  readonly times: number;
  /** From the end of one to the beginning of the next. */
  readonly everyMs: number;
}

/** Behind the key of the drift: which follow-up it is. */
const SEPARATOR = '+';

const firstKeyOf = (key: string): string => key.split(SEPARATOR)[0] ?? key;

/**
 * Due from one interval after the job before it until all follow-ups would have been over: by then the labels have come in, and another
 * retraining sees them.
 * @param entries as the ledger gives them, in order of their claims
 * @returns the follow-up that is due to the latest drift, whatever came of the jobs before it; each has a key of its own, so that it is done once
 */
export function nextFollowUp(
  entries: readonly JobEntry[],
  nowMs: number,
  { times, everyMs }: FollowUps,
): JobCause | undefined {
  const ended = entries.filter(({ cause, end }) => cause.kind === 'drift' && end);
  const latest = ended.at(-1);
  if (!latest?.end) return undefined;
  const ageMs = nowMs - Date.parse(latest.end.finishedAt);
  if (ageMs < everyMs || ageMs > (times + 1) * everyMs) return undefined;
  const key = firstKeyOf(latest.cause.key);
  const done = ended.filter(({ cause }) => cause.key.startsWith(`${key}${SEPARATOR}`)).length;
  if (done >= times) return undefined;
  const note = ended.find(({ cause }) => cause.key === key)?.cause.note ?? '';
  return {
    kind: 'drift',
    key: `${key}${SEPARATOR}${done + 1}`,
    note: `follow-up ${done + 1} of ${times}: ${note}`,
  };
}
