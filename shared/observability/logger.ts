// shared/observability/logger.ts: structured logs with ISO times and no card data; redaction is the second net, not the first.
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

/** Keys that never reach a log line, at the top and one level down. */
const redactedKeys = [
  'cardToken',
  'replacesCardToken',
  'accountId',
  'customerId',
  'deviceId',
  'key',
  'value',
  'transaction',
  'password',
];

/** @param destination where lines go; default standard output. Tests pass a stream that records. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: redactedKeys.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
