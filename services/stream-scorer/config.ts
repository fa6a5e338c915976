// services/stream-scorer/config.ts: every setting of this process: name, unit, range, default.
import { z } from 'zod';
import { readSettings, redactSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

const positive = (fallback: number, limit: number) =>
  z.coerce.number().int().min(1).max(limit).default(fallback);

export const scorerSettings = {
  kafkaBrokers: setting(
    'FRAUD_KAFKA_BROKERS',
    z.string().min(1),
    'host:port of the brokers, separated by commas',
  ),
  topicPrefix: setting(
    'FRAUD_KAFKA_TOPIC_PREFIX',
    z.string().default(''),
    'put before every topic name, for tests',
  ),
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
  erasuresDirectory: setting(
    'FRAUD_ERASURES_DIRECTORY',
    z.string().default(''),
    'folder of the tombstones of erased cards, shared by all services; empty: `erasures` beside the state directory',
  ),
  registryDirectory: setting(
    'FRAUD_REGISTRY_DIRECTORY',
    z.string().default('.fraud/registry'),
    'folder of the model registry',
  ),
  encoderProvider: setting(
    'FRAUD_ENCODER_PROVIDER',
    z.enum(['auto', 'cuda', 'webgpu', 'cpu']).default('auto'),
    'auto tries cuda, webgpu, cpu; a named one that is absent stops the start',
  ),
  encoderWorkers: setting(
    'FRAUD_ENCODER_WORKERS',
    z.coerce.number().int().min(0).max(64).default(0),
    'encoder worker threads; 0 = one per core',
  ),
  encoderQueuePositions: setting(
    'FRAUD_ENCODER_QUEUE_POSITIONS',
    positive(262_144, 10_000_000),
    'padded positions that may wait before the encoder refuses',
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
  operationsPort: setting(
    'FRAUD_OPERATIONS_PORT',
    z.coerce.number().int().min(0).max(65535).default(0),
    'port of /livez, /readyz, /metrics; 0 = any free one',
  ),
  decisionRetentionHours: setting(
    'FRAUD_DECISION_RETENTION_HOURS',
    positive(24, 8760),
    'how long a decision that raised no alert is remembered',
  ),
  alertRetentionDays: setting(
    'FRAUD_ALERT_RETENTION_DAYS',
    positive(180, 3650),
    'how long a decision that alerted is remembered: the longest label delay',
  ),
  idRule: setting(
    'FRAUD_EDGE_ID_RULE',
    z.enum(['tolerant', 'strict']).default('tolerant'),
    'strict: ids of plain digits that look like a card number are refused, too; for senders without numeric ids',
  ),
  stallSeconds: setting(
    'FRAUD_STALL_SECONDS',
    positive(120, 86_400),
    'no progress for this long while the broker answers ends the process',
  ),
  logLevel: setting(
    'FRAUD_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'pino level',
  ),
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
