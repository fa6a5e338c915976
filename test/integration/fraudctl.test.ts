// test/integration/fraudctl.test.ts: the command line against a real broker: topics, dead letters, audit, and its exit codes.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLetterTopicOf } from '../../schemas/topics.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import { AppError } from '../../shared/errors.ts';
import { toDeadLetter } from '../../shared/kafka/dead-letter.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function fraudctl(setUp: TestTopics, ...args: string[]): Promise<Answer> {
  const main = join(packageRoot, 'services/fraudctl/main.ts');
  const env = { ...process.env, FRAUD_KAFKA_BROKERS: setUp.brokers, FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', main, ...args],
      { env, cwd: packageRoot },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

const refusedBytes = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);

/** Three refused records in the input topic and their dead letters, the last one twice and masked. */
async function writeDeadLetters({ topics, connection }: TestTopics): Promise<InputRecord[]> {
  const producer = await createProducer({ connection });
  const topic = topics.transactions.name;
  await producer.send([
    { topic, key: 'card-1', value: refusedBytes },
    { topic, key: null, value: Buffer.from('{}') },
    { topic, key: 'card-3', value: Buffer.from('holds a card number') },
  ]);
  const inputs: InputRecord[] = [];
  await scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
    inputs.push(...records);
  });
  const codes = new Map([
    ['card-1', 'FRAUD_RECORD_NOT_UTF8'],
    ['card-3', 'FRAUD_CARD_NUMBER_PRESENT'],
  ] as const);
  const outputs = inputs.map((record) => {
    const key = Buffer.from(record.key ?? []).toString();
    const code = key === 'card-1' || key === 'card-3' ? codes.get(key) : undefined;
    const masked = key === 'card-3' ? { masked: Buffer.from('holds a ****') } : {};
    const error = new AppError(code ?? 'FRAUD_RECORD_KEY_MISSING');
    return toDeadLetter({ record, error, ...masked }, deadLetterTopicOf(topic));
  });
  await producer.send([...outputs, ...outputs.slice(-1)]);
  await producer.close();
  return inputs;
}

test('dead letters are listed by reason, shown byte for byte and replayed, masked ones left out', async () => {
  const setUp = await useTopics(1);
  await writeDeadLetters(setUp);
  const topic = setUp.topics.transactions.name;

  const listed = JSON.parse((await fraudctl(setUp, 'dead-letters', 'list', '--json')).stdout);
  expect(listed.counts).toEqual({
    FRAUD_RECORD_NOT_UTF8: 1,
    FRAUD_RECORD_KEY_MISSING: 1,
    FRAUD_CARD_NUMBER_PRESENT: 1,
  });
  expect(listed.latest[0]).toMatchObject({ source: `${topic}-0@0`, isMasked: false, bytes: 4 });

  const shown = JSON.parse((await fraudctl(setUp, 'dead-letters', 'show', `${topic}-0@0`, '--json')).stdout);
  expect(Buffer.from(shown.value, 'base64')).toEqual(refusedBytes);
  const unknown = await fraudctl(setUp, 'dead-letters', 'show', `${topic}-0@77`);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no dead letter')]);

  const replayed = await fraudctl(setUp, 'dead-letters', 'replay', '--json');
  expect(JSON.parse(replayed.stdout)).toEqual({ replayed: 2, wouldReplay: 2, maskedLeftOut: 1 });
  const inputs: InputRecord[] = [];
  await scanTopic(setUp.connection, topic, await readTopicEnds(setUp.connection, topic), (records) => {
    inputs.push(...records);
  });
  expect(
    inputs.slice(3).map(({ key, value }) => [key && Buffer.from(key).toString(), Buffer.from(value ?? [])]),
  ).toEqual([
    ['card-1', refusedBytes],
    [null, Buffer.from('{}')],
  ]);
});

test('an audit that is not conserved ends with exit code 1, wrong usage with 2, a conserved one with 0', async () => {
  const setUp = await useTopics(1);
  const conserved = await fraudctl(setUp, 'audit', '--json');
  expect([conserved.code, JSON.parse(conserved.stdout).conserved]).toEqual([0, true]);

  const producer = await createProducer({ connection: setUp.connection });
  await producer.send([
    { topic: setUp.topics.transactions.name, key: 'c', value: Buffer.from('{"transactionId":"t1"}') },
  ]);
  await producer.close();
  const lost = await fraudctl(setUp, 'audit');
  expect([lost.code, lost.stdout]).toEqual([1, expect.stringContaining('NOT CONSERVED')]);
  expect(lost.stdout).toContain(`${setUp.topics.transactions.name}-0@0`);

  expect((await fraudctl(setUp, 'audit', '--no-such-option')).code).toBe(2);
  expect((await fraudctl(setUp, 'no-such-verb')).code).toBe(2);
  expect((await fraudctl(setUp, 'audit', '--help')).code).toBe(0);
});

test('topics list tells partitions and records of every topic of the table', async () => {
  const setUp = await useTopics(2);
  const { stdout } = await fraudctl(setUp, 'topics', 'list', '--json');
  const rows: { name: string; partitions: number }[] = JSON.parse(stdout);
  expect(rows.map(({ name }) => name)).toEqual(Object.values(setUp.topics).map(({ name }) => name));
  expect(rows.find(({ name }) => name === setUp.topics.decisions.name)).toMatchObject({
    partitions: 2,
    records: 0,
  });
});
