// services/fraudctl/kafka-options.ts: the options of every verb that talks to Kafka, and what they stand for.
import { type Command, Option } from 'commander';
import { type TopicTable, topicsWithPrefix } from '../../schemas/topics.ts';
import { AppError } from '../../shared/errors.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';

export interface KafkaOptions {
  readonly brokers?: string;
  readonly topicPrefix: string;
  readonly json?: boolean;
}

/** Adds `--brokers`, `--topic-prefix` and `--json`. */
export function withKafkaOptions(command: Command): Command {
  return withBrokerOptions(command).option('--json', 'one JSON document on stdout');
}

/** Adds `--brokers` and `--topic-prefix`. */
export function withBrokerOptions(command: Command): Command {
  return command
    .addOption(new Option('--brokers <list>', 'host:port, separated by commas').env('FRAUD_KAFKA_BROKERS'))
    .addOption(
      new Option('--topic-prefix <text>', 'put before topic names')
        .env('FRAUD_KAFKA_TOPIC_PREFIX')
        .default(''),
    );
}

/** @throws AppError FRAUD_INPUT_INVALID when no broker is named */
export function toConnection({ brokers }: KafkaOptions): KafkaConnection {
  if (!brokers) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: 'Name the brokers: --brokers or FRAUD_KAFKA_BROKERS.',
    });
  }
  return { brokers: brokers.split(',').map((broker) => broker.trim()), clientId: 'fraudctl' };
}

export function toTopics({ topicPrefix }: KafkaOptions): TopicTable {
  return topicsWithPrefix(topicPrefix);
}
