// services/fraudctl/verbs/dead-letters.ts: `fraudctl dead-letters list|show|replay`: what was refused, why, and sending it again.
import type { Command } from 'commander';
import { deadLetterTopicOf } from '../../../schemas/topics.ts';
import { AppError } from '../../../shared/errors.ts';
import { deadLetterHeaders } from '../../../shared/kafka/dead-letter.ts';
import { createProducer } from '../../../shared/kafka/producer.ts';
import { headerText, type InputRecord, positionText } from '../../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../../shared/kafka/scan-topic.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';

interface SelectOptions extends KafkaOptions {
  readonly code?: string;
  readonly limit: string;
}

interface ReplayOptions extends KafkaOptions {
  readonly code?: string;
  readonly dryRun?: boolean;
}

/** A dead letter as it is listed: never its content. */
interface Refused {
  readonly code: string;
  readonly field: string;
  readonly detail: string;
  /** Where the refused record was read. */
  readonly source: string;
  readonly isMasked: boolean;
  readonly refusedAt: string;
  readonly bytes: number;
}

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const deadLetters = program.command('dead-letters').description('records that were refused, and why');
  const withCode = (command: Command) =>
    withKafkaOptions(command).option('--code <code>', 'only those refused with this error code');
  withCode(
    deadLetters.command('list').description('counts per reason, then the latest ones without their content'),
  )
    .option('--limit <count>', 'how many to list', '20')
    .action(list);
  withKafkaOptions(
    deadLetters
      .command('show <position>')
      .description(
        'one dead letter with its content; the position is that of the refused record, <topic>-<partition>@<offset>',
      ),
  ).action(show);
  withCode(
    deadLetters
      .command('replay')
      .description('send the original bytes to their topic again, for instance after a fix'),
  )
    .option('--dry-run', 'only count')
    .action(replay);
}

function sourceOf({ headers }: InputRecord): string {
  const partition = Number(headerText(headers, deadLetterHeaders.partition));
  const offset = BigInt(headerText(headers, deadLetterHeaders.offset) ?? 0);
  return positionText({ topic: headerText(headers, deadLetterHeaders.topic) ?? '', partition, offset });
}

const codeOf = ({ headers }: InputRecord): string => headerText(headers, deadLetterHeaders.code) ?? '';
const isMasked = ({ headers }: InputRecord): boolean =>
  headerText(headers, deadLetterHeaders.masked) === 'true';

function toRefused(record: InputRecord): Refused {
  return {
    code: codeOf(record),
    field: headerText(record.headers, deadLetterHeaders.field) ?? '',
    detail: headerText(record.headers, deadLetterHeaders.detail) ?? '',
    source: sourceOf(record),
    isMasked: isMasked(record),
    refusedAt: new Date(record.timestampMs).toISOString(),
    bytes: record.value?.length ?? 0,
  };
}

/** Hands every dead letter of transactions and outcomes to `onRecord`; each refused record once, however often it was redelivered. */
async function readAll(options: KafkaOptions, onRecord: (record: InputRecord) => void): Promise<void> {
  const connection = toConnection(options);
  const { transactions, outcomes } = toTopics(options);
  for (const input of [transactions, outcomes]) {
    const topic = deadLetterTopicOf(input.name);
    const seen = new Set<string>();
    await scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
      for (const record of records) {
        const source = sourceOf(record);
        if (!seen.has(source)) onRecord(record);
        seen.add(source);
      }
    });
  }
}

async function list(options: SelectOptions): Promise<void> {
  const counts: Record<string, number> = {};
  const latest: Refused[] = [];
  await readAll(options, (record) => {
    if (options.code !== undefined && options.code !== codeOf(record)) return;
    counts[codeOf(record)] = (counts[codeOf(record)] ?? 0) + 1;
    latest.push(toRefused(record));
    if (latest.length > Number(options.limit)) latest.shift();
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ counts, latest })}\n`);
    return;
  }
  const lines = Object.entries(counts).map(([code, count]) => `${code.padEnd(32)} ${count}`);
  for (const one of latest) {
    lines.push(`${one.refusedAt}  ${one.source}  ${one.detail}${one.isMasked ? '  (masked)' : ''}`);
  }
  process.stdout.write(`${lines.join('\n') || 'no dead letters'}\n`);
}

async function show(position: string, options: KafkaOptions): Promise<void> {
  let found: InputRecord | undefined;
  await readAll(options, (record) => {
    if (sourceOf(record) === position) found = record;
  });
  if (!found)
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `There is no dead letter of ${position}.` });
  const value = Buffer.from(found.value ?? []);
  if (options.json) {
    const shown = {
      ...toRefused(found),
      key: found.key && Buffer.from(found.key).toString('base64'),
      value: value.toString('base64'),
    };
    process.stdout.write(`${JSON.stringify(shown)}\n`);
    return;
  }
  for (const [name, text] of Object.entries(toRefused(found))) process.stderr.write(`${name}: ${text}\n`);
  process.stdout.write(value);
  process.stdout.write('\n');
}

async function replay(options: ReplayOptions): Promise<void> {
  const chosen: InputRecord[] = [];
  let masked = 0;
  await readAll(options, (record) => {
    if (options.code !== undefined && options.code !== codeOf(record)) return;
    // The original of a masked one is not kept anywhere but in the input topic.
    if (isMasked(record)) masked++;
    else chosen.push(record);
  });
  if (!options.dryRun && chosen.length > 0) {
    const producer = await createProducer({ connection: toConnection(options) });
    await producer.send(
      chosen.map((record) => ({
        topic: headerText(record.headers, deadLetterHeaders.topic) ?? '',
        key: record.key,
        value: record.value,
        headers: { fraud_replayed_from: sourceOf(record) },
      })),
    );
    await producer.close();
  }
  const report = {
    replayed: options.dryRun ? 0 : chosen.length,
    wouldReplay: chosen.length,
    maskedLeftOut: masked,
  };
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${JSON.stringify(report, null, 2)}\n`);
}
