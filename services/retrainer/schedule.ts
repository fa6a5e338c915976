// services/retrainer/schedule.ts: cron expression → instants that are due, with jitter and the policy for those that were missed.
import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { AppError } from '../../shared/errors.ts';

export interface ScheduleOptions {
  /** Cron expression; empty: never. */
  readonly expression: string;
  readonly timeZone: string;
  readonly jitterSeconds: number;
  readonly missedRuns: 'run-once' | 'skip';
  /** Who waits: replicas wait differently long. */
  readonly holder: string;
  /** When this replica started: earlier instants are missed ones. */
  readonly startedMs: number;
}

export interface Schedule {
  /** The next instant after now, without jitter; undefined when there is none. */
  nextAfter(nowMs: number): number | undefined;
  /**
   * The latest scheduled instant, when its time has come here. Whether somebody did it already is the ledger's affair.
   * @param lastScheduledMs instant of the last scheduled job that anybody began; undefined when there was none
   */
  dueAt(nowMs: number, lastScheduledMs: number | undefined): number | undefined;
}

/** Shares of the jitter are multiples of 2⁻³². */
const HASHES = 2 ** 32;

/** @throws AppError FRAUD_CONFIG_INVALID when the expression or the time zone is none */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { expression, startedMs, missedRuns } = options;
  if (expression === '') return { nextAfter: () => undefined, dueAt: () => undefined };
  const cron = parseCron(options);
  const jitterOf = (instantMs: number): number => {
    const hash = createHash('sha256').update(`${options.holder}|${instantMs}`).digest();
    return (hash.readUInt32BE(0) / HASHES) * options.jitterSeconds * 1_000;
  };
  return {
    nextAfter: (nowMs) => cron.nextRun(new Date(nowMs))?.getTime(),
    dueAt: (nowMs, lastScheduledMs) => {
      // croner looks strictly before its reference.
      const latestMs = cron.previousRuns(1, new Date(nowMs + 1))[0]?.getTime();
      if (latestMs === undefined || latestMs + jitterOf(latestMs) > nowMs) return undefined;
      if (latestMs >= startedMs) return latestMs;
      // Missed while nobody ran. Where no schedule was ever kept nothing was missed.
      const wasMissed = lastScheduledMs !== undefined && lastScheduledMs < latestMs;
      return missedRuns === 'run-once' && wasMissed ? latestMs : undefined;
    },
  };
}

function parseCron({ expression, timeZone }: ScheduleOptions): Cron {
  try {
    const cron = new Cron(expression, { paused: true, timezone: timeZone });
    cron.nextRun();
    return cron;
  } catch (cause) {
    throw new AppError('FRAUD_CONFIG_INVALID', {
      field: 'FRAUD_RETRAIN_SCHEDULE',
      detail: `Expected a cron expression and a time zone, got "${expression}" in "${timeZone}".`,
      cause,
    });
  }
}
