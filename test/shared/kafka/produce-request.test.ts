// test/shared/kafka/produce-request.test.ts: our encoding of Produce requests is kafkajs' own, byte for byte, whatever the records.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeProduceRequest, type ProduceRequest } from '../../../shared/kafka/produce-request.ts';

// A process of its own: in ours, kafkajs-internals.ts may have replaced what we want to compare with.
const KAFKAJS_ENCODES = `
const request = require('kafkajs/src/protocol/requests/produce/v7/request.js');
const { requests } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const revive = (value) => (value?.base64 === undefined ? value : Buffer.from(value.base64, 'base64'));
(async () => {
  const encoded = [];
  for (const one of requests) {
    for (const topic of one.topicData) for (const partition of topic.partitions) for (const message of partition.messages) {
      message.key = revive(message.key);
      message.value = revive(message.value);
      for (const name of Object.keys(message.headers)) message.headers[name] = revive(message.headers[name]);
    }
    encoded.push((await request(one).encode()).buffer.toString('base64'));
  }
  console.log(JSON.stringify(encoded));
})();`;

const bytes = fc.uint8Array({ maxLength: 300 });
const bytesOrText = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 200 }));
const large = fc.constant(new Uint8Array(70_000).fill(7));
const record = fc.record({
  key: fc.option(bytesOrText),
  value: fc.option(fc.oneof({ arbitrary: bytesOrText, weight: 20 }, large)),
  headers: fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), bytesOrText, {
    maxKeys: 6,
    noNullPrototype: true,
  }),
  timestamp: fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }).map(String),
});
const request: fc.Arbitrary<ProduceRequest> = fc.record({
  transactionalId: fc.constant(null),
  acks: fc.constantFrom(-1, 1),
  timeout: fc.constant(30_000),
  producerId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  producerEpoch: fc.integer({ min: 0, max: 300 }),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 30 }),
      partitions: fc.array(
        fc.record({
          partition: fc.nat(64),
          firstSequence: fc.nat(1_000_000),
          messages: fc.array(record, { minLength: 1, maxLength: 80 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const toPlain = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;

test('encodeProduceRequest gives the same bytes as kafkajs for records of every shape', () => {
  const requests = fc.sample(request, { numRuns: 12, seed: 20_26 });
  const expected: string[] = JSON.parse(
    execFileSync(process.execPath, ['-e', KAFKAJS_ENCODES], {
      input: JSON.stringify({ requests }, toPlain),
      maxBuffer: 2 ** 30,
      encoding: 'utf8',
    }),
  );
  const ours = requests.map((one) => encodeProduceRequest(one, 0).toString('base64'));
  expect(requests.length).toBe(12);
  expect(ours.map((text, index) => text === expected[index])).toEqual(requests.map(() => true));
});

test('encodeProduceRequest stamps records without a timestamp with the time given', () => {
  const encoded = encodeProduceRequest(
    {
      acks: -1,
      timeout: 1,
      producerId: 1,
      producerEpoch: 0,
      topicData: [
        { topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: 'v' }] }] },
      ],
    },
    1_700_000_000_123,
  );
  const batch = encoded.subarray(encoded.length - encoded.readInt32BE(2 + 2 + 4 + 4 + 3 + 4 + 4));
  expect(batch.readBigInt64BE(27)).toBe(1_700_000_000_123n);
  expect(batch.readBigInt64BE(35)).toBe(1_700_000_000_123n);
});
