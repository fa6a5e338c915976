// services/fraudctl/verbs/replay.ts: `fraudctl replay FILE --mapping M`: a foreign table through Kafka, in event-time order.
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { createProducer } from '../../../shared/kafka/producer.ts';
import { createDataReport } from '../../../shared/replay/data-report.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import type { Pace } from '../../../shared/replay/pacer.ts';
import { formatReport } from '../../../shared/replay/print-report.ts';
import { countRows, type ReadMappedOptions, readMappedChunks } from '../../../shared/replay/read-mapped.ts';
import { type SentCounts, sendLines } from '../../../shared/replay/send-lines.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';
import { toDate, withPortfolio } from '../mapped-file-options.ts';
import { toPositive } from '../option-values.ts';
import { createProgress } from '../progress.ts';

interface ReplayOptions extends KafkaOptions {
  readonly mapping: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly speed?: number;
  readonly rate?: number;
  readonly portfolio?: string;
  readonly outcomes: boolean;
  readonly report?: string;
}

const ALIGNMENT = `
Records are sent in event-time order and keep their event time; the scorer needs FRAUD_CLOCK=event-time, or it
refuses old transactions. For a repeatable replay let this command end first, then start one scorer with
FRAUD_REPLAY_ALIGNED=true: it reads all partitions of transactions and outcomes as one stream in event-time order.`;

/** Adds the verb. */
export function register(program: Command): void {
  const verb = program
    .command('replay <file>')
    .description('send a foreign table (CSV, NDJSON, Parquet; also .gz) as transactions and outcomes');
  withKafkaOptions(verb)
    .requiredOption(
      '--mapping <file>',
      'mapping file, or the name of one in infra/mappings (handbook, sparkov)',
    )
    .option('--from <time>', 'first event time, inclusive (ISO date or date-time, UTC)', toDate)
    .option('--until <time>', 'event times end before this', toDate)
    .addOption(
      new Option('--speed <factor>', 'event time per wall time: 1 = as it happened, 86400 = a day per second')
        .argParser(toPositive)
        .conflicts('rate'),
    )
    .option(
      '--rate <records>',
      'transactions and outcomes per second; default: as fast as it goes',
      toPositive,
    )
    .option('--portfolio <id>', 'portfolio id in place of the mapping’s')
    .option('--no-outcomes', 'send no fraud labels')
    .option('--report <file>', 'write the data report there as JSON')
    .addHelpText('after', ALIGNMENT)
    .action(replay);
}

async function replay(file: string, options: ReplayOptions): Promise<void> {
  const report = createDataReport();
  const source: ReadMappedOptions = {
    file,
    mapping: withPortfolio(loadMapping(options.mapping), options.portfolio),
    from: options.from,
    until: options.until,
    withOutcomes: options.outcomes,
    report,
  };
  const startedAtMs = systemClock.now();
  const sent = await send(source, options);
  const seconds = (systemClock.now() - startedAtMs) / 1000;
  const facts = { file, mapping: source.mapping.name, sent, seconds, ...report.report() };
  if (options.report) writeFileSync(options.report, `${JSON.stringify(facts, null, 2)}\n`);
  process.stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `${formatReport(facts)}\n`);
  if (sent.transactions === 0) process.exitCode = 1;
}

async function send(source: ReadMappedOptions, options: ReplayOptions): Promise<SentCounts> {
  const topics = toTopics(options);
  const sizes = new Map(Object.values(topics).map((topic) => [topic.name, topic.maxBatchBytes * 0.9]));
  const producer = await createProducer({
    connection: toConnection(options),
    maxBatchBytes: (topic) => sizes.get(topic) ?? 900_000,
  });
  const total = process.stderr.isTTY ? await countRows(source) : 0;
  const progress = createProgress('rows');
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  process.once('SIGINT', stop);
  try {
    return await sendLines(readMappedChunks(source), {
      producer,
      topics,
      pace: toPace(options),
      clock: systemClock,
      source: `fraudctl-replay/${source.mapping.name}`,
      isStopped: () => isStopped,
      onSent: ({ transactions }) => progress.update(transactions, total),
    });
  } finally {
    process.off('SIGINT', stop);
    progress.stop();
    await producer.close();
  }
}

function toPace({ speed, rate }: ReplayOptions): Pace {
  if (speed !== undefined) return { kind: 'speed', factor: speed };
  return rate === undefined ? { kind: 'unlimited' } : { kind: 'rate', perSecond: rate };
}
