// test/integration/kafka-consumer.test.ts: consumer and producer on a real broker: order, backpressure, rebalance, restart, alignment.
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import type { ConsumedChunk } from '../../shared/kafka/chunk-dispatcher.ts';
import { type ConsumerOptions, createConsumer } from '../../shared/kafka/consumer.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { headerText, type InputRecord, type OutputRecord } from '../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';

async function produce(setUp: TestTopics, records: readonly OutputRecord[]): Promise<void> {
  const producer = await createProducer({ connection: setUp.connection });
  await producer.send(records);
  await producer.close();
}

function numbered(topic: string, count: number, from = 0): OutputRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    topic,
    key: `card-${(from + index) % 7}`,
    value: Buffer.from(`${from + index}`),
  }));
}

const numberOf = (record: InputRecord): number => Number(Buffer.from(record.value ?? []).toString());

/** Resolves when `count` different records were seen. */
function createCollector(count: number) {
  const seen: InputRecord[] = [];
  const different = new Set<number>();
  let finish = () => {};
  const complete = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const add = (records: readonly InputRecord[]) => {
    for (const record of records) {
      seen.push(record);
      different.add(numberOf(record));
    }
    if (different.size >= count) finish();
  };
  return { seen, add, complete };
}

async function start(
  setUp: TestTopics,
  options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'onChunk'>,
) {
  const consumer = createConsumer({
    connection: setUp.connection,
    groupId: `${setUp.prefix}group`,
    topics: [setUp.topics.transactions.name],
    maxChunkRecords: 50,
    ...options,
  });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await consumer.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  await consumer.start();
  return { consumer, stop };
}

test('a record arrives with the key, value and headers it was sent with', async () => {
  const setUp = await useTopics();
  const value = Buffer.from([0, 255, 254, 10]);
  await produce(setUp, [
    {
      topic: setUp.topics.transactions.name,
      key: 'card-ü',
      value,
      headers: { ce_id: 'one', raw: new Uint8Array([255]) },
    },
    { topic: setUp.topics.transactions.name, key: null, value: null },
  ]);
  const { seen, add, complete } = createCollector(2);
  await start(setUp, { onChunk: async ({ records }) => add(records) });
  await complete;
  const full = seen.find((record) => record.key);
  const empty = seen.find((record) => !record.key);
  expect(full?.value).toEqual(value);
  expect(Buffer.from(full?.key ?? []).toString()).toBe('card-ü');
  expect(headerText(full?.headers ?? {}, 'ce_id')).toBe('one');
  expect(full?.headers.raw).toEqual(Buffer.from([255]));
  expect([empty?.key, empty?.value]).toEqual([null, null]);
});

test('every record is handed out once and in order per partition, in chunks no larger than asked', async () => {
  const setUp = await useTopics();
  await produce(setUp, numbered(setUp.topics.transactions.name, 5000));
  const { seen, add, complete } = createCollector(5000);
  let largest = 0;
  const { consumer } = await start(setUp, {
    // Far below what one fetch brings: pausing and resuming is exercised, too.
    bufferedRecords: 60,
    onChunk: async (chunk) => {
      largest = Math.max(largest, chunk.records.length);
      add(chunk.records);
      await chunk.commit();
    },
  });
  await complete;
  expect(seen.length).toBe(5000);
  expect(largest).toBe(50);
  for (const partition of [0, 1, 2]) {
    const offsets = seen
      .filter((record) => record.partition === partition)
      .map(({ offset }) => Number(offset));
    expect(offsets).toEqual(offsets.map((_, index) => index));
  }
  await expect.poll(() => consumer.progress().map(({ lag }) => lag)).toEqual([0n, 0n, 0n]);
});

test('a second member takes over partitions only after the first has drained and committed them', async () => {
  const setUp = await useTopics(4);
  const seen: number[] = [];
  const busy = new Set<number>();
  const overlaps: number[] = [];
  const onChunk = async (chunk: ConsumedChunk) => {
    const partition = chunk.records[0]?.partition ?? -1;
    if (busy.has(partition)) overlaps.push(partition);
    busy.add(partition);
    await new Promise((resolve) => setTimeout(resolve, 15)); // work, so that a rebalance finds chunks under way
    seen.push(...chunk.records.map(numberOf));
    await chunk.commit();
    busy.delete(partition);
  };
  const revoked: number[] = [];
  const held = new Map<string, number[]>();
  const member = (name: string): Partial<ConsumerOptions> & Pick<ConsumerOptions, 'onChunk'> => ({
    onChunk,
    onRevoked: (partitions) => void revoked.push(partitions.length),
    onAssigned: (partitions) =>
      void held.set(
        name,
        partitions.map(({ partition }) => partition),
      ),
  });
  const isShared = () => [...held.values()].filter(({ length }) => length === 2).length === 2;
  const producer = await createProducer({ connection: setUp.connection });
  let sent = 0;
  const sendMore = async () => {
    await producer.send(numbered(setUp.topics.transactions.name, 200, sent));
    sent += 200;
  };

  await start(setUp, member('first'));
  const second = start(setUp, member('second'));
  // Traffic flows until each member was told its half, whoever is told first, and a little longer.
  while (!isShared()) await sendMore();
  await second;
  await sendMore();
  await producer.close();

  await expect.poll(() => new Set(seen).size).toBe(sent);
  expect(revoked[0]).toBe(4);
  expect([...held.values()].sort()).toEqual([
    [0, 2],
    [1, 3],
  ]);
  expect(overlaps).toEqual([]);
  expect(seen.length).toBe(sent);
});

test('consumption starts where the group stands, and not at all without a state that holds all before', async () => {
  const setUp = await useTopics(1);
  const topic = setUp.topics.transactions.name;
  await produce(setUp, numbered(topic, 100));
  /** A member that commits its first chunk and leaves. */
  const commitOne = async (group: string, maxChunkRecords: number) => {
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isFirst = true;
    const onChunk = async (chunk: ConsumedChunk) => {
      if (isFirst) await chunk.commit();
      isFirst = false;
      finish();
    };
    const { stop } = await start(setUp, { groupId: `${setUp.prefix}${group}`, maxChunkRecords, onChunk });
    await done;
    await stop();
  };
  await commitOne('behind', 40);
  await commitOne('ahead', 90);
  const firstOf = async (group: string, options: Partial<ConsumerOptions>) => {
    const { seen, add, complete } = createCollector(1);
    const { stop } = await start(setUp, {
      groupId: `${setUp.prefix}${group}`,
      onChunk: async ({ records }) => add(records),
      ...options,
    });
    await complete;
    await stop();
    return Number(seen[0]?.offset);
  };
  expect(await firstOf('behind', { stateOffset: () => 70n })).toBe(40);
  for (const state of [70n, undefined]) {
    const behind = { stateOffset: () => state };
    await expect(firstOf('ahead', behind)).rejects.toMatchObject({ code: 'FRAUD_STATE_BEHIND' });
    expect(await firstOf('ahead', { ...behind, stateGap: 'accept' })).toBe(90);
  }
});

test('a dependency that fails during assignment is asked again, at the first joining and at a rebalance', async () => {
  const setUp = await useTopics(2);
  const topic = setUp.topics.transactions.name;
  const assigned: string[] = [];
  const { seen, add } = createCollector(200);
  const member = (name: string) => {
    let failures = 2;
    return {
      onChunk: async (chunk: ConsumedChunk) => {
        add(chunk.records);
        await chunk.commit();
      },
      onAssigned: async (partitions: readonly { partition: number }[]) => {
        if (failures-- > 0) throw new AppError('FRAUD_BROKER_UNAVAILABLE');
        failures = 2;
        assigned.push(`${name} ${partitions.length}`);
      },
    };
  };
  await produce(setUp, numbered(topic, 100));
  const first = await start(setUp, member('first'));
  expect(first.consumer.health().retries).toBe(2);
  const second = await start(setUp, member('second'));
  await expect.poll(() => [...assigned].sort()).toEqual(['first 1', 'first 2', 'second 1']);
  await produce(setUp, numbered(topic, 100, 100));
  await expect.poll(() => new Set(seen.map(numberOf)).size).toBe(200);
  expect(seen.length).toBe(200);
  expect(first.consumer.health().retries).toBe(4);
  expect(second.consumer.health().turns).toBeGreaterThan(0);
});

test('an aligned consumer hands out several partitions and topics as one stream in event-time order', async () => {
  const setUp = await useTopics();
  const { transactions, outcomes } = setUp.topics;
  const records = Array.from({ length: 600 }, (_, index) => ({
    topic: index % 5 === 0 ? outcomes.name : transactions.name,
    key: `card-${index % 11}`,
    value: Buffer.from(`${index}`),
    headers: { ce_time: new Date(1_700_000_000_000 + index * 1000).toISOString() },
  }));
  await produce(setUp, records);
  const { seen, add, complete } = createCollector(600);
  await start(setUp, {
    topics: [transactions.name, outcomes.name],
    aligned: true,
    onChunk: async (chunk) => {
      add(chunk.records);
      await chunk.commit();
    },
  });
  await complete;
  expect(seen.map(numberOf)).toEqual(records.map((_, index) => index));
});

test('records beyond one batch of the broker are split and keep their order', async () => {
  const setUp = await useTopics(1);
  const topic = setUp.topics.transactions.name;
  const padding = 'x'.repeat(50_000);
  const records = Array.from({ length: 200 }, (_, index) => ({
    topic,
    key: 'one',
    value: Buffer.from(`${index}${padding}`),
  }));
  const producer = await createProducer({ connection: setUp.connection });
  await Promise.all(records.map((record) => producer.send([record])));
  await producer.close();
  const seen: number[] = [];
  let finish = () => {};
  const complete = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await start(setUp, {
    onChunk: async (chunk) => {
      seen.push(
        ...chunk.records.map((record) => Number.parseInt(Buffer.from(record.value ?? []).toString(), 10)),
      );
      if (seen.length === 200) finish();
    },
  });
  await complete;
  expect(seen).toEqual(records.map((_, index) => index));
});

test('the markers of a transactional producer leave no lag behind, and a scan ends at them', async () => {
  const setUp = await useTopics(1);
  const topic = setUp.topics.transactions.name;
  const client = new Kafka({ brokers: [...setUp.connection.brokers], logLevel: logLevel.NOTHING });
  const producer = client.producer({
    transactionalId: `${setUp.prefix}id`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ key: 'one', value: '0' }] });
  await transaction.commit();
  await producer.disconnect();
  const { add, complete } = createCollector(1);
  const { consumer } = await start(setUp, { onChunk: async ({ records }) => add(records) });
  await complete;
  await expect.poll(() => consumer.progress()).toEqual([{ topic, partition: 0, position: 2n, lag: 0n }]);
  const scanned: number[] = [];
  await scanTopic(setUp.connection, topic, await readTopicEnds(setUp.connection, topic), (records) => {
    scanned.push(...records.map(numberOf));
  });
  expect(scanned).toEqual([0]);
});
