// shared/kafka/connection.ts: how to reach a cluster, and the kafkajs client made from it with a quiet logger.
import { createRequire } from 'node:module';
import type { Kafka as KafkaClient, KafkaConfig, LogEntry } from 'kafkajs';
import './kafkajs-internals.ts';

// Loaded after kafkajs-internals.ts, which replaces two of kafkajs' modules before it reads them.
const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

/** What this folder needs of a logger; pino has it. */
export interface KafkaLog {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}

export const silentLog: KafkaLog = { debug: () => {}, info: () => {}, warn: () => {} };

export interface KafkaConnection {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Shown in the broker's logs and quotas. */
  readonly clientId: string;
  readonly ssl?: boolean;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  readonly log?: KafkaLog;
}

/** Errors that kafkajs retries by itself, seen whenever a broker or a group has just started. */
const STARTUP_NOISE =
  /coordinator|rebalanc|not aware of this member|leadership election|does not host this topic|ECONNREFUSED|Connection (error|timeout)|Failed to connect|Limiting retries|Failed to send messages/i;

/** kafkajs' log lines as structured facts: its retried errors and its chatter at debug, the rest as warnings. */
function toLogCreator(log: KafkaLog) {
  return () =>
    ({ namespace, level, log: { message, timestamp: _, logger: __, stack: ___, ...facts } }: LogEntry) => {
      const isNoise = level >= logLevel.INFO || STARTUP_NOISE.test(`${message} ${String(facts.error ?? '')}`);
      log[isNoise ? 'debug' : 'warn']({ namespace, ...facts }, `kafkajs: ${message}`);
    };
}

/** A kafkajs client; only files of this folder may hold one. */
export function createKafkaClient(connection: KafkaConnection): KafkaClient {
  const { brokers, clientId, ssl, sasl, log = silentLog } = connection;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    ssl: ssl ?? false,
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    // A broker that restarts is back within seconds: look for it often, give up after about a minute.
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 15 },
    logLevel: logLevel.INFO,
    logCreator: toLogCreator(log),
  };
  return new Kafka(sasl ? { ...config, sasl: toSasl(sasl) } : config);
}

function toSasl(sasl: NonNullable<KafkaConnection['sasl']>): NonNullable<KafkaConfig['sasl']> {
  const { mechanism, username, password } = sasl;
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}
