// services/scoring-api/config.ts: every setting of this process: name, unit, range, default.
import { z } from 'zod';
import { readSettings, redactSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

const positive = (fallback: number, limit: number) =>
  z.coerce.number().int().min(1).max(limit).default(fallback);
const text = z.string().default('');

export const apiSettings = {
  host: setting('FRAUD_API_HOST', z.string().default('127.0.0.1'), 'address to listen on'),
  port: setting(
    'FRAUD_API_PORT',
    z.coerce.number().int().min(0).max(65535).default(8080),
    'port; 0 = any free one',
  ),
  tlsCertificateFile: setting('FRAUD_API_TLS_CERTIFICATE_FILE', text, 'PEM; together with the key: HTTPS'),
  tlsKeyFile: setting('FRAUD_API_TLS_KEY_FILE', text, 'PEM of the private key'),
  apiDirectory: setting(
    'FRAUD_API_DIRECTORY',
    z.string().default('.fraud/api'),
    'folder of keys, audit log and kept answers; shared by all replicas of a machine',
  ),
  stateDirectory: setting(
    'FRAUD_STATE_DIRECTORY',
    z.string().default('.fraud/state'),
    'folder of the LMDB environment, the same as the stream-scorer’s',
  ),
  erasuresDirectory: setting(
    'FRAUD_ERASURES_DIRECTORY',
    z.string().default(''),
    'folder of the tombstones of erased cards, shared by all services; empty: `erasures` beside the state directory',
  ),
  archive: setting(
    'FRAUD_ARCHIVE',
    text,
    'the archive that erasures reach, a directory or s3://bucket/prefix; empty: the archiver’s next pass does it',
  ),
  registryDirectory: setting(
    'FRAUD_REGISTRY_DIRECTORY',
    z.string().default('.fraud/registry'),
    'folder of the model registry',
  ),
  creditDirectory: setting(
    'FRAUD_CREDIT_DIRECTORY',
    text,
    'folder of the credit version; empty: the one that ships with the package, if any',
  ),
  kafkaBrokers: setting('FRAUD_KAFKA_BROKERS', text, 'host:port, …; empty: nothing can be recorded'),
  topicPrefix: setting('FRAUD_KAFKA_TOPIC_PREFIX', text, 'put before every topic name, for tests'),
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
    positive(131_072, 10_000_000),
    'padded positions that may wait before the encoder refuses',
  ),
  encoderRunDeadlineMs: setting(
    'FRAUD_ENCODER_RUN_DEADLINE_MS',
    positive(2_000, 600_000),
    'a worker that is silent for this long is abandoned and the encoder started anew',
  ),
  requestsInHand: setting(
    'FRAUD_API_REQUESTS_IN_HAND',
    positive(64, 100_000),
    'open requests of the whole process above which 429 is answered at the door',
  ),
  requestTimeoutMs: setting(
    'FRAUD_API_REQUEST_TIMEOUT_MS',
    positive(10_000, 600_000),
    'a request that has not arrived whole by then is cut off',
  ),
  tokenIssuer: setting('FRAUD_API_TOKEN_ISSUER', text, 'OIDC issuer whose tokens are taken; empty: none'),
  tokenAudience: setting('FRAUD_API_TOKEN_AUDIENCE', text, 'audience that tokens must name'),
  tokenKeysUrl: setting('FRAUD_API_TOKEN_KEYS_URL', text, 'URL of the issuer’s key set (jwks_uri)'),
  tokenRefetchSeconds: setting(
    'FRAUD_API_TOKEN_REFETCH_SECONDS',
    z.coerce.number().int().min(0).max(3_600).default(30),
    'an unknown key id fetches the issuer’s keys again, at most this often',
  ),
  decisionRetentionHours: setting(
    'FRAUD_DECISION_RETENTION_HOURS',
    positive(24, 8760),
    'how long a recorded decision that raised no alert is remembered',
  ),
  alertRetentionDays: setting(
    'FRAUD_ALERT_RETENTION_DAYS',
    positive(180, 3650),
    'how long a recorded decision that alerted is remembered',
  ),
  idRule: setting(
    'FRAUD_EDGE_ID_RULE',
    z.enum(['tolerant', 'strict']).default('tolerant'),
    'strict: ids of plain digits that look like a card number are refused, too',
  ),
  logLevel: setting(
    'FRAUD_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'pino level',
  ),
} as const;

export type ApiSettings = SettingsOf<typeof apiSettings>;

/** @throws AppError FRAUD_CONFIG_INVALID listing every problem at once. */
export function readApiSettings(environment: Readonly<Record<string, string | undefined>>): ApiSettings {
  return readSettings(apiSettings, environment);
}

/** Settings as they are logged. */
export function redactedSettings(settings: ApiSettings): Record<string, unknown> {
  return redactSettings(apiSettings, settings);
}
