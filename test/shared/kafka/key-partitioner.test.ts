// test/shared/kafka/key-partitioner.test.ts: our partitioner chooses what kafkajs' default one chooses, whatever the key.
import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { keyPartitioner, murmur2 } from '../../../shared/kafka/key-partitioner.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  // Around and beyond the length that needs a buffer of its own.
  fc.string({ unit: 'grapheme-composite', minLength: 100, maxLength: 400 }),
  // Lone surrogates: text that UTF-8 cannot say.
  fc.constantFrom('', 'tok_\ud800', '\udc00é', '\u0000'),
);
const bytes = fc.uint8Array({ maxLength: 200 }).map((key) => Buffer.from(key));

const partitionsOf = (count: number): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
  }));

describe('the key partitioner', () => {
  test("chooses kafkajs' own partition for every key, text or bytes", () => {
    const theirs = Partitioners.DefaultPartitioner();
    const ours = keyPartitioner();
    fc.assert(
      fc.property(fc.oneof(text, bytes), fc.integer({ min: 1, max: 97 }), (key, count) => {
        const record = {
          topic: 'fraud.decisions.v1',
          partitionMetadata: partitionsOf(count),
          message: { key, value: null },
        };
        expect(ours(record)).toBe(theirs(record));
      }),
      { numRuns: 3_000 },
    );
  });

  test("hashes like the Java client (values of Kafka's own test)", () => {
    expect(murmur2('21')).toBe(-973_932_308);
    expect(murmur2('foobar')).toBe(-790_332_482);
    expect(murmur2('a-little-bit-long-string')).toBe(-985_981_536);
    expect(murmur2(Uint8Array.from([0x61, 0x62, 0x63]))).toBe(479_470_107);
  });

  test('a partition that is named wins over the key', () => {
    const message = { key: 'tok_a', value: null, partition: 0 };
    for (const partition of [0, 3, 5]) {
      expect(
        keyPartitioner()({
          topic: 't',
          partitionMetadata: partitionsOf(6),
          message: { ...message, partition },
        }),
      ).toBe(partition);
    }
  });

  test('records without a key are spread over the partitions that have a leader', () => {
    const partitioner = keyPartitioner();
    const partitionMetadata = partitionsOf(4).map((one) =>
      one.partitionId === 2 ? { ...one, leader: -1 } : one,
    );
    const chosen = Array.from({ length: 30 }, () =>
      partitioner({ topic: 't', partitionMetadata, message: { key: null, value: null } }),
    );
    expect([...new Set(chosen)].sort()).toEqual([0, 1, 3]);
  });
});
