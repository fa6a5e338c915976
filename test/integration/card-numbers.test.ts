// test/integration/card-numbers.test.ts: planted card numbers are refused and appear nowhere but in the input topic; numeric ids are not refused.
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { InputRecord, OutputRecord } from '../../shared/kafka/records.ts';
import { useTopics } from '../support/broker.ts';
import { grouped, makeCardNumber, publishedTestNumbers, seededRandom } from '../support/card-numbers.ts';
import { readTopic } from '../support/read-topic.ts';
import { useScorer } from '../support/use-scorer.ts';

const nowMs = systemClock.now();
const random = seededRandom(11);
const PLANTED = 1_000;
/** Five numeric ids in each: 100,000 random strings of digits and times. */
const NUMERIC_IDS = 20_000;

interface Fields {
  readonly [field: string]: unknown;
}

const transactionOf = (index: number, change: Fields): Fields => ({
  transactionId: `tx-${index}`,
  eventTime: new Date(nowMs - 60_000).toISOString(),
  cardToken: `tok_${index % 500}`,
  amountMinor: 1_250,
  currency: 'EUR',
  ...change,
});

const toRecord = (topic: string, transaction: Fields, key = String(transaction.cardToken)): OutputRecord => ({
  topic,
  key,
  value: Buffer.from(JSON.stringify(transaction)),
});

const idFields = [
  'transactionId',
  'portfolioId',
  'originalTransactionId',
  'accountId',
  'customerId',
  'acquirerId',
  'deviceId',
];
/** Where a number is looked for whatever it is: card and free-text fields. */
const strictPlants: readonly ((value: string) => Fields)[] = [
  (value) => ({ cardToken: value }),
  (value) => ({ replacesCardToken: value }),
  (value) => ({ merchant: { name: `refund ${value}` } }),
  (value) => ({ merchant: { city: value } }),
];
/** Ids and everything else: published test numbers, and any number grouped as cards write it. */
const otherPlants: readonly ((value: string) => Fields)[] = [
  ...idFields.map((field) => (value: string) => ({ [field]: value })),
  (value) => ({ merchant: { id: value } }),
  (value) => ({ merchant: { terminalId: value } }),
  (value) => ({ note: { text: [value] } }),
  (value) => ({ authentication: { cvv: value } }),
  (value) => ({ entryMode: value }),
];

/** A planted record and every way its number could be written. */
function plant(index: number): { readonly fields: Fields; readonly digits: string } {
  const separator = [' ', '-', '.', ''][index % 4] ?? '';
  if (index % 2 === 0) {
    const digits = makeCardNumber(index >> 1, random);
    const put = strictPlants[(index >> 1) % strictPlants.length] ?? (() => ({}));
    return { digits, fields: transactionOf(index, put(grouped(digits, separator))) };
  }
  const published = publishedTestNumbers[(index >> 1) % publishedTestNumbers.length] ?? '';
  const digits = separator === '' ? published : makeCardNumber(index >> 1, random);
  const put = otherPlants[(index >> 1) % otherPlants.length] ?? (() => ({}));
  return { digits, fields: transactionOf(index, put(grouped(digits, separator))) };
}

/** All numbers of at least twelve digits that stand in the bytes, separators removed. */
function longNumbersIn(bytes: Uint8Array): string[] {
  const runs = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('latin1')
    .match(/\d(?:[ .-]?\d){11,}/g);
  return (runs ?? []).map((run) => run.replaceAll(/\D/g, ''));
}

function leaksIn(bytes: Uint8Array, planted: ReadonlySet<string>): string[] {
  return longNumbersIn(bytes).filter((number) => planted.has(number));
}

/** Key, value and headers of a record as one text. */
function everythingOf({ key, value, headers }: InputRecord): Buffer {
  const parts = [
    key ?? '',
    value ?? '',
    ...Object.entries(headers).flatMap(([name, text]) => [name, String(text)]),
  ];
  return Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from(part), Buffer.from('\n')])));
}

test(`${PLANTED} planted card numbers are refused and are nowhere but in the input topic`, async () => {
  const setUp = await useTopics(2);
  const { connection, topics } = setUp;
  const scorer = await useScorer(setUp, { FRAUD_LOG_LEVEL: 'trace' });
  const plants = Array.from({ length: PLANTED }, (_, index) => plant(index));
  const producer = await createProducer({ connection });
  const topic = topics.transactions.name;
  const records = plants.map(({ fields, digits }, index) => ({
    ...toRecord(topic, fields),
    headers: { ce_type: digits, ce_time: digits, note: index % 2 === 0 ? digits : 'none' },
  }));
  const keyed = plants
    .slice(0, 20)
    .map(({ digits }, index) => toRecord(topic, transactionOf(index, {}), digits));
  // A sound record shows that the places searched below do hold what was accepted.
  const witness = toRecord(topic, transactionOf(PLANTED, { cardToken: 'tok_witness' }));
  await producer.send([...records, ...keyed, witness]);
  await producer.close();
  await scorer.untilCaughtUp();

  const planted = new Set(plants.map(({ digits }) => digits));
  const deadLetters = await readTopic(connection, topics.transactionDeadLetters.name);
  expect(deadLetters).toHaveLength(PLANTED + keyed.length);
  const outputs = await Promise.all(
    [topics.decisions, topics.alerts, topics.trainingRows].map(({ name }) => readTopic(connection, name)),
  );
  expect(new Set(outputs.flat().map(({ key }) => String(key)))).toEqual(new Set(['tok_witness']));
  expect(deadLetters.flatMap((record) => leaksIn(everythingOf(record), planted))).toEqual([]);
  expect(leaksIn(Buffer.from(await scorer.readMetrics()), planted)).toEqual([]);
  expect(await scorer.process.stop()).toBe(0);
  expect(scorer.process.logLines.length).toBeGreaterThan(0);
  expect(leaksIn(Buffer.from(scorer.process.logLines.join('\n')), planted)).toEqual([]);
  const state = scorer.readState();
  expect(state.includes('tok_witness')).toBe(true);
  expect(leaksIn(state, planted)).toEqual([]);
});

test(`${NUMERIC_IDS} transactions with ids of random digits and times are all decided`, async () => {
  const setUp = await useTopics(2);
  const { connection, topics } = setUp;
  const scorer = await useScorer(setUp);
  const digits = (length: number) => Array.from({ length }, () => Math.floor(random() * 10)).join('');
  const timeId = (index: number) =>
    [`${nowMs + index}`, `${nowMs}${100_000 + index}`, new Date(nowMs + index).toISOString()][index % 3] ??
    '';
  const records = Array.from({ length: NUMERIC_IDS }, (_, index) =>
    toRecord(
      topics.transactions.name,
      transactionOf(index, {
        transactionId: index % 2 === 0 ? `${digits(10 + (index % 7))}${index}` : timeId(index),
        accountId: digits(16),
        customerId: digits(12 + (index % 8)),
        merchant: { id: digits(15), terminalId: digits(8) },
      }),
    ),
  );
  const producer = await createProducer({ connection });
  await producer.send(records);
  await producer.close();
  await scorer.untilCaughtUp();
  expect(await readTopic(connection, topics.transactionDeadLetters.name)).toEqual([]);
  expect(await readTopic(connection, topics.decisions.name)).toHaveLength(NUMERIC_IDS);
});
