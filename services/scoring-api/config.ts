// services/scoring-api/config.ts: every setting of this process; those that other services read, too, are worded in shared/config/common-settings.ts.
import { z } from 'zod';
import { commonSettings, positive } from '../../shared/config/common-settings.ts';
import { readSettings, redactSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

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
  erasuresDirectory: commonSettings.erasuresDirectory,
  archive: setting(
    'FRAUD_ARCHIVE',
    text,
    'the archive that erasures reach, a directory or s3://bucket/prefix; empty: the archiver’s next pass does it',
  ),
  registryDirectory: commonSettings.registryDirectory,
  creditDirectory: setting(
    'FRAUD_CREDIT_DIRECTORY',
    text,
    'folder of the credit version; empty: the one that ships with the package, if any',
  ),
  kafkaBrokers: setting('FRAUD_KAFKA_BROKERS', text, 'host:port, …; empty: nothing can be recorded'),
  topicPrefix: commonSettings.topicPrefix,
  encoderProvider: commonSettings.encoderProvider,
  encoderWorkers: commonSettings.encoderWorkers,
  canaryShare: commonSettings.canaryShare,
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
    'open requests of the whole process above which 429 is answered at the door; fewer where more than a tenth would take longer than 40 ms',
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
  decisionRetentionHours: commonSettings.decisionRetentionHours,
  alertRetentionDays: commonSettings.alertRetentionDays,
  rulesFile: commonSettings.rulesFile,
  idRule: commonSettings.idRule,
  logLevel: commonSettings.logLevel,
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
