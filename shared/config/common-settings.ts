// shared/config/common-settings.ts: settings that several services read under one name; each service lists the ones it takes.
import { z } from 'zod';
import { setting } from './settings.ts';

/** A whole number of 1 … `limit`. */
export const positive = (fallback: number, limit: number) =>
  z.coerce.number().int().min(1).max(limit).default(fallback);

export const commonSettings = {
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
  registryDirectory: setting(
    'FRAUD_REGISTRY_DIRECTORY',
    z.string().default('.fraud/registry'),
    'folder of the model registry',
  ),
  erasuresDirectory: setting(
    'FRAUD_ERASURES_DIRECTORY',
    z.string().default(''),
    'folder of the tombstones of erased cards, shared by all services; empty: `erasures` beside the state directory',
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
  shadow: setting(
    'FRAUD_SHADOW',
    z.enum(['on', 'off']).default('on'),
    'on: the version that the alias `challenger` names scores beside the champion and decides nothing',
  ),
  shadowVersions: setting(
    'FRAUD_SHADOW_VERSIONS',
    z.string().default(''),
    'further versions that score beside the champion, separated by commas',
  ),
  shadowEncoderShare: setting(
    'FRAUD_SHADOW_ENCODER_SHARE',
    z.coerce.number().min(0).max(1).default(0.1),
    'share of the cards that a challenger with an encoder of its own scores',
  ),
  canaryShare: setting(
    'FRAUD_CANARY_SHARE',
    z.coerce.number().min(0).max(1).default(0),
    'share of the cards for which the challenger decides, until a condition ends it; the same for stream and API; 0: none',
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
  rulesFile: setting(
    'FRAUD_RULES_FILE',
    z.string().default(''),
    'lists and rules beside the model (YAML; see infra/rules), read again when it changes; the same for stream and API; empty: none',
  ),
  idRule: setting(
    'FRAUD_EDGE_ID_RULE',
    z.enum(['tolerant', 'strict']).default('tolerant'),
    'strict: ids of plain digits that look like a card number are refused, too; for senders without numeric ids',
  ),
  operationsPort: setting(
    'FRAUD_OPERATIONS_PORT',
    z.coerce.number().int().min(0).max(65535).default(0),
    'port of /livez, /readyz, /metrics; 0 = any free one',
  ),
  logLevel: setting(
    'FRAUD_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'pino level',
  ),
} as const;
