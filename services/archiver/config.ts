// services/archiver/config.ts: every setting of the archiver: name, unit, range, default.
import { z } from 'zod';
import { commonSettings, positive } from '../../shared/config/common-settings.ts';
import { readSettings, redactSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

export const archiverSettings = {
  kafkaBrokers: commonSettings.kafkaBrokers,
  topicPrefix: commonSettings.topicPrefix,
  groupId: setting(
    'FRAUD_ARCHIVER_GROUP_ID',
    z.string().default('archiver'),
    'consumer group of all replicas',
  ),
  sessionSeconds: setting(
    'FRAUD_ARCHIVER_SESSION_SECONDS',
    positive(30, 300),
    'a member silent for so long is out of the group: how long partitions wait after a crash',
  ),
  archive: setting(
    'FRAUD_ARCHIVE',
    z.string().default('.fraud/archive'),
    'a directory, or s3://bucket/prefix (AWS_REGION, AWS_ENDPOINT_URL_S3 and the SDK’s credentials count)',
  ),
  erasuresDirectory: setting(
    'FRAUD_ERASURES_DIRECTORY',
    z.string().default('.fraud/erasures'),
    'folder of the tombstones of erased cards, the same as the scoring-api’s',
  ),
  workDirectory: setting(
    'FRAUD_ARCHIVER_WORK_DIRECTORY',
    z.string().default(''),
    'folder for ranges under way; empty: one of its own in the temporary folder',
  ),
  rangeRecords: setting(
    'FRAUD_ARCHIVER_RANGE_RECORDS',
    positive(10_000, 1_000_000),
    'a range ends at multiples of so many offsets: files have the same names on every run',
  ),
  flushSeconds: setting(
    'FRAUD_ARCHIVER_FLUSH_SECONDS',
    positive(60, 86_400),
    'a range that has begun is written after so long, full or not',
  ),
  compactMinutes: setting(
    'FRAUD_ARCHIVER_COMPACT_MINUTES',
    positive(30, 10_080),
    'how often small files become large ones',
  ),
  memoryLimit: setting(
    'FRAUD_ARCHIVER_MEMORY',
    z
      .string()
      .regex(/^\d+(MB|GB)$/)
      .default('1GB'),
    'most memory DuckDB takes',
  ),
  operationsPort: commonSettings.operationsPort,
  logLevel: commonSettings.logLevel,
} as const;

export type ArchiverSettings = SettingsOf<typeof archiverSettings>;

/** @throws AppError FRAUD_CONFIG_INVALID listing every problem at once. */
export function readArchiverSettings(
  environment: Readonly<Record<string, string | undefined>>,
): ArchiverSettings {
  return readSettings(archiverSettings, environment);
}

/** Settings as they are logged. */
export function redactedSettings(settings: ArchiverSettings): Record<string, unknown> {
  return redactSettings(archiverSettings, settings);
}
