// services/retrainer/tell-ahead.ts: jobs noted by a clock that was wrong are told of, once each: they are passed over where time is compared.
import { isBelievable, type JobEntry } from '../../shared/jobs/job-entry.ts';
import type { Logger } from '../../shared/observability/logger.ts';

export function createAheadTeller(log: Logger): (entries: readonly JobEntry[], nowMs: number) => void {
  const told = new Set<number>();
  return (entries, nowMs) => {
    for (const { fence, holder, end, expiresAt } of entries) {
      const instant = end?.finishedAt ?? expiresAt;
      if (told.has(fence) || isBelievable(instant, nowMs)) continue;
      told.add(fence);
      log.warn(
        { fence, holder, instant },
        'a job was noted by a clock that was ahead: its time is passed over',
      );
    }
  };
}
