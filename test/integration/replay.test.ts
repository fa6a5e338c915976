// test/integration/replay.test.ts: `fraudctl replay` on a real broker: every row arrives once, in event-time order, outcomes in their place.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { register } from '../../services/fraudctl/verbs/replay.ts';
import { systemClock } from '../../shared/clock.ts';
import { eventTimeOf } from '../../shared/kafka/aligned-merge.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';
import { useTopics } from '../support/broker.ts';
import { parseValue, readTopic } from '../support/read-topic.ts';

const DAY_MS = 86_400_000;
const start = Date.parse('2018-04-01T00:00:00Z');
const ROWS = 5_000;

/** A file in the Handbook's layout: two weeks, shuffled, every tenth row a fraud, one row broken. */
function writeTable(): string {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const place = (index * 2_477) % ROWS;
    const time = new Date(start + Math.floor((place * 14 * DAY_MS) / ROWS)).toISOString().slice(0, 19);
    return `${place},${time},${place % 50},${place % 90},${(place % 300) + 0.5},${place % 10 === 0 ? 1 : 0},0`;
  });
  const header = 'transaction_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud,tx_fraud_scenario';
  const file = join(folder, 'table.csv');
  writeFileSync(file, [header, ...rows, 'broken,never,1,1,1,0,0', ''].join('\n'));
  return file;
}

function isInOrder(records: readonly InputRecord[]): boolean {
  const last = new Map<number, number>();
  return records.every((record) => {
    const time = eventTimeOf(record);
    const before = last.get(record.partition) ?? 0;
    last.set(record.partition, time);
    return time >= before;
  });
}

test('replay sends every row once, in event-time order, and each fraud label when it became known', async () => {
  const { brokers, prefix, connection, topics } = await useTopics();
  const file = writeTable();
  const reportFile = `${file}.report.json`;
  const program = new Command();
  register(program);
  const startedAtMs = systemClock.now();
  await program.parseAsync(
    [
      'replay',
      file,
      '--mapping',
      'handbook',
      '--brokers',
      brokers,
      '--topic-prefix',
      prefix,
      '--report',
      reportFile,
    ],
    { from: 'user' },
  );

  const transactions = await readTopic(connection, topics.transactions.name);
  const outcomes = await readTopic(connection, topics.outcomes.name);
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  expect(report).toMatchObject({
    rows: ROWS + 1,
    transactions: ROWS,
    refusedBecause: { 'FRAUD_FIELD_INVALID (eventTime)': 1 },
    sent: { transactions: ROWS, outcomes: outcomes.length },
  });
  expect(new Set(transactions.map((record) => parseValue(record).transactionId)).size).toBe(ROWS);
  expect(transactions).toHaveLength(ROWS);
  expect(isInOrder(transactions)).toBe(true);
  // Frauds of the first week are known before the file ends.
  expect(outcomes).toHaveLength(ROWS / 20);
  expect(isInOrder(outcomes)).toBe(true);
  const delays = outcomes
    .map(parseValue)
    .map((outcome) => Date.parse(`${outcome.labeledAt}`) - Date.parse(`${outcome.transactionTime}`));
  expect(new Set(delays)).toEqual(new Set([7 * DAY_MS]));
  // Produce time, so that retention cannot eat what is years old.
  expect(transactions.every(({ timestampMs }) => timestampMs >= startedAtMs - 1_000)).toBe(true);
  const partitionOf = new Map(transactions.map((record) => [String(record.key), record.partition]));
  expect(outcomes.every((record) => partitionOf.get(String(record.key)) === record.partition)).toBe(true);
});
