// test/integration/bad-input.test.ts: whatever a sender does, each bad record becomes a dead letter with its reason, the neighbours are scored, nothing stops.
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { deadLetterHeaders } from '../../shared/kafka/dead-letter.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { headerText, type InputRecord, type OutputRecord } from '../../shared/kafka/records.ts';
import { makeBadRecords } from '../support/bad-records.ts';
import { useTopics } from '../support/broker.ts';
import { parseValue, readTopic } from '../support/read-topic.ts';
import { useScorer } from '../support/use-scorer.ts';

const nowMs = systemClock.now();

function makeNeighbour(index: number, topic: string): OutputRecord {
  const cardToken = `tok_neighbour_${index % 5}`;
  const transaction = {
    transactionId: `neighbour-${index}`,
    eventTime: new Date(nowMs - 60_000 + index * 10).toISOString(),
    cardToken,
    amountMinor: 1_000 + index,
    currency: 'EUR',
  };
  return { topic, key: cardToken, value: Buffer.from(JSON.stringify(transaction)) };
}

const reasonOf = (record: InputRecord) => headerText(record.headers, deadLetterHeaders.code) ?? '';
const isMasked = (record: InputRecord) => headerText(record.headers, deadLetterHeaders.masked) === 'true';
const bytesOf = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('latin1'));

test('bad records become dead letters with their own reason and bytes, and their neighbours are scored', async () => {
  const setUp = await useTopics(2);
  const { connection, topics } = setUp;
  const bad = makeBadRecords(nowMs);
  const scorer = await useScorer(setUp);
  const producer = await createProducer({ connection, maxBatchBytes: () => 1_800_000 });
  const topic = topics.transactions.name;
  // Each bad record between two neighbours, all in one partition, so that what it stops would be seen.
  const records = bad.flatMap(({ key, value }, index) => [
    { ...makeNeighbour(2 * index, topic), partition: 0 },
    { topic, key, value, partition: 0 },
    { ...makeNeighbour(2 * index + 1, topic), partition: 0 },
  ]);
  await producer.send(records);
  await producer.close();
  await scorer.untilCaughtUp();

  const deadLetters = await readTopic(connection, topics.transactionDeadLetters.name);
  const decisions = await readTopic(connection, topics.decisions.name);
  expect(deadLetters.map(reasonOf)).toEqual(bad.map(({ code }) => code));
  const changed = deadLetters.filter(
    (record, index) => !isMasked(record) && bytesOf(record.value) !== bytesOf(bad[index]?.value ?? null),
  );
  expect(changed.map(reasonOf)).toEqual([]);
  const maskedReasons = new Set(deadLetters.filter(isMasked).map(reasonOf));
  expect(maskedReasons).toEqual(new Set(['FRAUD_CARD_NUMBER_PRESENT']));
  const decided = decisions.map((record) => parseValue(record).transactionId);
  expect(new Set(decided)).toEqual(
    new Set(bad.flatMap((_, index) => [`neighbour-${2 * index}`, `neighbour-${2 * index + 1}`])),
  );
  expect(decided).toHaveLength(2 * bad.length);
  // Applied nothing, decided all, refused the rest: every record is accounted for.
  expect(deadLetters.length + decisions.length).toBe(records.length);
  expect(scorer.process.child.exitCode).toBeNull();
});

test('a bad outcome becomes a dead letter of its own topic', async () => {
  const setUp = await useTopics(1);
  const scorer = await useScorer(setUp);
  const producer = await createProducer({ connection: setUp.connection });
  const topic = setUp.topics.outcomes.name;
  await producer.send([
    { topic, key: 'tok_1', value: Buffer.from('{"label":"fraud"}') },
    { topic, key: 'tok_1', value: null },
  ]);
  await producer.close();
  await scorer.untilCaughtUp();
  const deadLetters = await readTopic(setUp.connection, setUp.topics.outcomeDeadLetters.name);
  expect(deadLetters.map(reasonOf)).toEqual(['FRAUD_FIELD_INVALID', 'FRAUD_RECORD_EMPTY']);
});
