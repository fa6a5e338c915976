// services/fraudctl/verbs/simulate.ts: `fraudctl simulate`: seeded card traffic with fraud, into a file or onto Kafka.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { createProducer } from '../../../shared/kafka/producer.ts';
import { createPacer, type Pace } from '../../../shared/replay/pacer.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { sendLines } from '../../../shared/replay/send-lines.ts';
import { createLineFile, createTransactionFile } from '../../../shared/simulation/line-file.ts';
import { drawPicture } from '../../../shared/simulation/picture.ts';
import { domains } from '../../../shared/simulation/portfolio-traits.ts';
import type { SimulatedRecord } from '../../../shared/simulation/simulated-record.ts';
import { createSimulation, type SimulationOptions } from '../../../shared/simulation/simulation.ts';
import { createSimulationCounter, type SimulationSummary } from '../../../shared/simulation/summary.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';
import { toPositive } from '../option-values.ts';
import { createProgress } from '../progress.ts';

interface SimulateOptions extends KafkaOptions {
  readonly seed: number;
  readonly portfolios: number;
  readonly cards: number;
  readonly days: number;
  readonly start: string;
  readonly domain: NonNullable<SimulationOptions['domain']>;
  readonly fraudRate?: number;
  readonly applied: boolean;
  readonly out?: string;
  readonly kafka?: boolean;
  readonly rate?: number;
  readonly outcomes?: string | true;
  readonly truth?: string;
  readonly picture?: string;
}

/** Adds the verb. */
export function register(program: Command): void {
  const command = program
    .command('simulate')
    .description('tell seeded card traffic with fraud: the same seed gives the same bytes')
    .option('--seed <integer>', 'seed', toInteger, 1)
    .option('--portfolios <count>', 'portfolios, each with traits of its own', toInteger, 1)
    .option('--cards <count>', 'cards per portfolio', toInteger, 1000)
    .option('--days <count>', 'days told', toPositive, 30)
    .option('--start <time>', 'first instant, ISO 8601', '2025-01-01T00:00:00.000Z')
    .addOption(new Option('--domain <name>', 'kind of traffic').choices([...domains, 'any']).default('mixed'))
    .option(
      '--fraud-rate <share>',
      'frauds per decided transaction; default: drawn per portfolio',
      toPositive,
    )
    .option('--no-applied', 'without clearings, refunds, reversals, statements, repayments')
    .option('--out <file>', 'write transactions to FILE.ndjson, .csv or .parquet')
    .addOption(new Option('--kafka', 'send transactions to the transactions topic').conflicts('out'))
    .option('--rate <records>', 'records per second; default: as fast as it goes', toPositive)
    .option('--outcomes [file]', 'tell outcomes, too: to FILE.ndjson, or with --kafka to the outcomes topic')
    .option('--truth <file>', 'write id, label and typology of every decided transaction to FILE.csv')
    .option('--picture <file>', 'draw amounts, hours, categories and typologies as FILE.svg');
  withKafkaOptions(command).action(simulate);
}

async function simulate(options: SimulateOptions): Promise<void> {
  if (Number.isNaN(Date.parse(options.start))) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'start',
      detail: 'Expected an ISO 8601 time with zone.',
    });
  }
  const counter = createSimulationCounter();
  const startedAt = performance.now();
  const records = watch(tell(options), options, counter.add);
  await (options.kafka ? sendToKafka(records, options) : writeFiles(records, options));
  const seconds = (performance.now() - startedAt) / 1000;
  const counts = counter.read();
  if (options.picture) {
    writeFileSync(options.picture, await drawPicture(counts, `Simulated portfolio, seed ${options.seed}`));
  }
  const facts = {
    seed: options.seed,
    ...counts.summary,
    seconds,
    perSecond: counts.summary.transactions / seconds,
  };
  process.stdout.write(options.json ? `${JSON.stringify(facts)}\n` : `${toSentences(facts)}\n`);
}

function tell(options: SimulateOptions): Iterable<SimulatedRecord> {
  const {
    seed,
    portfolios,
    cards,
    days,
    start: startTime,
    domain,
    applied: appliedEvents,
    fraudRate,
  } = options;
  const asked = { seed, portfolios, cards, days, startTime, domain, appliedEvents };
  return createSimulation(fraudRate === undefined ? asked : { ...asked, fraudRate });
}

/** Counts what passes, writes the truth beside it, and moves the bar by days told. */
function* watch(
  records: Iterable<SimulatedRecord>,
  options: SimulateOptions,
  count: (record: SimulatedRecord) => void,
): Generator<SimulatedRecord> {
  const truthFile = options.truth ? createLineFile(options.truth, 'transactionId,label,typology') : undefined;
  const progress = createProgress('days');
  const startMs = Date.parse(options.start);
  let seen = 0;
  try {
    for (const record of records) {
      count(record);
      seen += 1;
      if (record.kind === 'transaction') {
        const { transaction, truth } = record;
        truthFile?.add(`${transaction.transactionId},${truth.label},${truth.typology ?? ''}`);
        if (seen % 5_000 === 0) {
          progress.update(
            Math.floor((Date.parse(transaction.eventTime) - startMs) / 86_400_000),
            options.days,
          );
        }
      }
      yield record;
    }
  } finally {
    progress.stop();
    truthFile?.close();
  }
}

async function writeFiles(records: Iterable<SimulatedRecord>, options: SimulateOptions): Promise<void> {
  const transactions = options.out ? createTransactionFile(options.out) : undefined;
  const outcomes = typeof options.outcomes === 'string' ? createLineFile(options.outcomes) : undefined;
  const pacer = createPacer(toPace(options), systemClock);
  for (const record of records) {
    const waitMs = options.rate === undefined ? 0 : pacer.dueIn(0);
    if (waitMs > 1) await sleep(waitMs);
    if (record.kind === 'transaction') transactions?.add(record.transaction);
    else outcomes?.add(JSON.stringify(record.outcome));
  }
  outcomes?.close();
  await transactions?.close();
}

const SLICE = 500;

async function* toLines(
  records: Iterable<SimulatedRecord>,
  withOutcomes: boolean,
): AsyncGenerator<MappedLine[]> {
  let lines: MappedLine[] = [];
  for (const record of records) {
    if (record.kind === 'transaction') {
      const { transaction, truth } = record;
      lines.push({
        kind: 'transaction',
        transaction,
        label: truth.label,
        eventTimeMs: Date.parse(transaction.eventTime),
      });
    } else if (withOutcomes) {
      lines.push({
        kind: 'outcome',
        outcome: record.outcome,
        knownAtMs: Date.parse(record.outcome.labeledAt),
      });
    }
    if (lines.length >= SLICE) {
      yield lines;
      lines = [];
    }
  }
  yield lines;
}

async function sendToKafka(records: Iterable<SimulatedRecord>, options: SimulateOptions): Promise<void> {
  const producer = await createProducer({ connection: toConnection(options) });
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  process.once('SIGINT', stop);
  try {
    await sendLines(toLines(records, options.outcomes !== undefined), {
      producer,
      topics: toTopics(options),
      pace: toPace(options),
      clock: systemClock,
      source: `fraudctl-simulate/${options.seed}`,
      isStopped: () => isStopped,
    });
  } finally {
    process.off('SIGINT', stop);
    await producer.close();
  }
}

function toPace({ rate }: SimulateOptions): Pace {
  return rate === undefined ? { kind: 'unlimited' } : { kind: 'rate', perSecond: rate };
}

function toSentences(facts: SimulationSummary & { seconds: number; perSecond: number }): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort((one, other) => other[1] - one[1])
      .map(([name, count]) => `  ${name} ${count}`)
      .join('\n');
  return [
    `${facts.transactions} transactions of ${facts.portfolios} portfolio(s), ${facts.firstEventTime} … ${facts.lastEventTime}`,
    list(facts.byType),
    `${facts.frauds} frauds (${(100 * facts.fraudRate).toFixed(3)} % of ${facts.decided} decided)`,
    list(facts.byTypology),
    'outcomes',
    list(facts.outcomes),
    `${facts.seconds.toFixed(1)} s, ${Math.round(facts.perSecond)} transactions/s`,
  ].join('\n');
}

function toInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}
