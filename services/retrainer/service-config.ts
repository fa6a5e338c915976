// services/retrainer/service-config.ts: every setting of the retrainer as a service: when to run, within which limits; and those of the job itself.
import { z } from 'zod';
import { commonSettings, positive } from '../../shared/config/common-settings.ts';
import { readSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';
import { retrainerSettings } from './config.ts';

export const retrainerServiceSettings = {
  schedule: setting(
    'FRAUD_RETRAIN_SCHEDULE',
    z
      .string()
      .default('0 3 * * *')
      .transform((text) => (text === 'never' ? '' : text)),
    'cron expression (minute hour day month weekday); never: only on demand and on drift',
  ),
  timeZone: setting('FRAUD_RETRAIN_TIME_ZONE', z.string().default('UTC'), 'time zone of the schedule'),
  jitterSeconds: setting(
    'FRAUD_RETRAIN_JITTER_SECONDS',
    z.coerce.number().min(0).max(86_400).default(60),
    'each replica waits for a share of this, always the same for one instant',
  ),
  missedRuns: setting(
    'FRAUD_RETRAIN_MISSED_RUNS',
    z.enum(['run-once', 'skip']).default('run-once'),
    'run-once: the latest of the instants missed while nobody ran is made up for; skip: none is',
  ),
  budgetMinutes: setting(
    'FRAUD_RETRAIN_BUDGET_MINUTES',
    z.coerce.number().gt(0).max(10_080).default(120),
    'a job that takes longer is ended, and recorded as out of time',
  ),
  budgetMegabytes: setting(
    'FRAUD_RETRAIN_BUDGET_MEGABYTES',
    positive(8_192, 1_048_576),
    'a job that holds more memory is ended, and recorded as out of memory',
  ),
  leaseSeconds: setting(
    'FRAUD_RETRAIN_LEASE_SECONDS',
    positive(60, 3_600),
    'a replica silent for so long has lost its job to the others; more than their clocks differ',
  ),
  clock: setting(
    'FRAUD_RETRAIN_CLOCK',
    z.enum(['system', 'asked']).default('system'),
    'asked: simulated time, for one retrainer alone: nothing is looked at before POST /look on the operations port says when it is',
  ),
  pollSeconds: setting(
    'FRAUD_RETRAIN_POLL_SECONDS',
    z.coerce.number().gt(0).max(3_600).default(5),
    'how often requests, schedule and drift are looked at',
  ),
  holder: setting(
    'FRAUD_RETRAIN_HOLDER',
    z.string().default(''),
    'name of this replica in the ledger; empty: host name and process id',
  ),
  onDrift: setting(
    'FRAUD_RETRAIN_ON_DRIFT',
    z.stringbool().default(true),
    'true: drift begins a retraining; false: it is only shown',
  ),
  driftPauseDays: setting(
    'FRAUD_RETRAIN_DRIFT_PAUSE_DAYS',
    z.coerce.number().min(0).max(365).default(7),
    'drift begins no other retraining for so long after one that it began',
  ),
  followUps: setting(
    'FRAUD_RETRAIN_FOLLOW_UPS',
    z.coerce.number().int().min(0).max(52).default(4),
    'retrainings that follow one that drift began: the labels of a change come late, and the first are few',
  ),
  followUpDays: setting(
    'FRAUD_RETRAIN_FOLLOW_UP_DAYS',
    z.coerce.number().gt(0).max(365).default(7),
    'from one of them to the next',
  ),
  driftMinutes: setting(
    'FRAUD_DRIFT_MINUTES',
    z.coerce.number().gt(0).max(10_080).default(15),
    'how often the archive is looked at for drift',
  ),
  driftCardShare: setting(
    'FRAUD_DRIFT_CARD_SHARE',
    z.coerce.number().gt(0).max(1).default(1),
    'share of the cards that drift is measured on: less memory where there are millions',
  ),
  archive: retrainerSettings.archive,
  registryDirectory: retrainerSettings.registryDirectory,
  cut: retrainerSettings.cut,
  operationsPort: commonSettings.operationsPort,
  logLevel: commonSettings.logLevel,
} as const;

export type RetrainerServiceSettings = SettingsOf<typeof retrainerServiceSettings>;

/** The job's own settings are read, too: a service must not begin jobs that cannot begin. @throws AppError FRAUD_CONFIG_INVALID listing every problem at once. */
export function readRetrainerServiceSettings(
  environment: Readonly<Record<string, string | undefined>>,
): RetrainerServiceSettings {
  return readSettings({ ...retrainerSettings, ...retrainerServiceSettings }, environment);
}
