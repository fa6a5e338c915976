// services/fraudctl/verbs/topics.ts: `fraudctl topics list|create`: the table of topics, and what of it the broker has.
import type { Command } from 'commander';
import { createTopics } from '../../../shared/kafka/admin.ts';
import { countRecords, readTopicEnds } from '../../../shared/kafka/scan-topic.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';

interface CreateOptions extends KafkaOptions {
  readonly partitions?: string;
  readonly replicationFactor: string;
}

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const topics = program.command('topics').description('the topics of schemas/topics.ts on this broker');
  withKafkaOptions(topics.command('list').description('each topic with its partitions and records')).action(
    listTopics,
  );
  withKafkaOptions(
    topics.command('create').description('create what is missing; existing topics stay as they are'),
  )
    .option('--partitions <count>', 'partitions of the topics keyed by card; default: as the table says')
    .option('--replication-factor <count>', 'copies of each partition', '1')
    .action(create);
}

async function listTopics(options: KafkaOptions): Promise<void> {
  const connection = toConnection(options);
  const rows = [];
  for (const { name, key, cleanup, retentionDays } of Object.values(toTopics(options))) {
    const ends = await readTopicEnds(connection, name);
    rows.push({ name, key, cleanup, retentionDays, partitions: ends.length, records: countRecords(ends) });
  }
  if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else for (const row of rows) process.stdout.write(toLine(row));
}

function toLine(row: { name: string; partitions: number; records: number; retentionDays: number }): string {
  const there = row.partitions === 0 ? 'missing' : `${row.partitions} partitions, ${row.records} records`;
  return `${row.name.padEnd(40)} ${there}, kept ${row.retentionDays} days\n`;
}

async function create(options: CreateOptions): Promise<void> {
  const partitions = options.partitions === undefined ? {} : { partitions: Number(options.partitions) };
  const created = await createTopics(toConnection(options), Object.values(toTopics(options)), {
    ...partitions,
    replicationFactor: Number(options.replicationFactor),
  });
  process.stdout.write(
    options.json ? `${JSON.stringify({ created })}\n` : `${created.join('\n') || 'nothing was missing'}\n`,
  );
}
