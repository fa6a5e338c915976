// services/stream-scorer/config.ts: every setting of this process; those that other services read, too, are worded in shared/config/common-settings.ts.
import { z } from 'zod';
import { commonSettings, positive } from '../../shared/config/common-settings.ts';
import { readSettings, redactSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

export const scorerSettings = {
  kafkaBrokers: commonSettings.kafkaBrokers,
  topicPrefix: commonSettings.topicPrefix,
  groupId: setting(
    'FRAUD_KAFKA_GROUP_ID',
    z.string().default('stream-scorer'),
    'consumer group of all replicas',
  ),
  stateDirectory: setting(
    'FRAUD_STATE_DIRECTORY',
    z.string().default('.fraud/state'),
    'folder of the LMDB environment',
  ),
  stateGap: setting(
    'FRAUD_STATE_GAP',
    z.enum(['refuse', 'accept']).default('refuse'),
    'refuse: a store that lacks records which the group consumed ends the process; accept: goes on without their histories',
  ),
  erasuresDirectory: commonSettings.erasuresDirectory,
  registryDirectory: commonSettings.registryDirectory,
  encoderProvider: commonSettings.encoderProvider,
  encoderWorkers: commonSettings.encoderWorkers,
  shadow: commonSettings.shadow,
  shadowVersions: commonSettings.shadowVersions,
  shadowEncoderShare: commonSettings.shadowEncoderShare,
  canaryShare: commonSettings.canaryShare,
  encoderQueuePositions: setting(
    'FRAUD_ENCODER_QUEUE_POSITIONS',
    positive(262_144, 10_000_000),
    'padded positions that may wait before the encoder refuses',
  ),
  explainedShare: setting(
    'FRAUD_EXPLAINED_SHARE',
    z.coerce.number().min(0).max(1).default(0.1),
    'share of a chunk whose reasons are found by occlusion, at most (8 always are): each costs what five decisions cost',
  ),
  chunkRecords: setting('FRAUD_CHUNK_RECORDS', positive(256, 4096), 'records handled together at most'),
  bufferedRecords: setting(
    'FRAUD_BUFFERED_RECORDS',
    positive(4096, 1_000_000),
    'records read ahead per partition before Kafka is paused',
  ),
  clock: setting(
    'FRAUD_CLOCK',
    z.enum(['system', 'event-time']).default('system'),
    'event-time: the clock follows the newest event, for replays of old data',
  ),
  aligned: setting(
    'FRAUD_REPLAY_ALIGNED',
    z.stringbool().default(false),
    'true: one stream over all partitions in event-time order; repeatable, for replays of a filled topic by one process',
  ),
  operationsPort: commonSettings.operationsPort,
  decisionRetentionHours: commonSettings.decisionRetentionHours,
  alertRetentionDays: commonSettings.alertRetentionDays,
  rulesFile: commonSettings.rulesFile,
  idRule: commonSettings.idRule,
  stallSeconds: setting(
    'FRAUD_STALL_SECONDS',
    positive(120, 86_400),
    'no progress for this long while the broker answers ends the process',
  ),
  logLevel: commonSettings.logLevel,
} as const;

export type ScorerSettings = SettingsOf<typeof scorerSettings>;

/** @throws AppError FRAUD_CONFIG_INVALID listing every problem at once. */
export function readScorerSettings(
  environment: Readonly<Record<string, string | undefined>>,
): ScorerSettings {
  return readSettings(scorerSettings, environment);
}

/** Settings as they are logged. */
export function redactedSettings(settings: ScorerSettings): Record<string, unknown> {
  return redactSettings(scorerSettings, settings);
}
