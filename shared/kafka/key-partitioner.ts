// shared/kafka/key-partitioner.ts: which partition a record goes to: the one it names, else its key's murmur2 as in the Java client.
import { createRequire } from 'node:module';
import type { ICustomPartitioner } from 'kafkajs';

const { Partitioners } = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;
const POSITIVE = 0x7fffffff;

/** UTF-8 takes at most three bytes for each unit of a string. */
const MOST_BYTES_PER_UNIT = 3;
/** Keys up to a third of this need no buffer of their own: card tokens are short. */
const scratch = Buffer.allocUnsafe(384);

/** murmur2 of the first `length` bytes, as a signed 32-bit number. */
function hashBytes(bytes: Buffer, length: number): number {
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = Math.imul(bytes.readInt32LE(at), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word ^ (word >>> 24), MULTIPLIER);
  }
  const rest = length - whole;
  if (rest > 0) {
    for (let at = 0; at < rest; at++) hash ^= (bytes[whole + at] ?? 0) << (8 * at);
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The Java client's hash of a key (kafkajs computes the same with 64-bit numbers made of objects, 12 kB a key). */
export function murmur2(key: Uint8Array | string): number {
  if (typeof key === 'string') {
    if (key.length * MOST_BYTES_PER_UNIT <= scratch.length) return hashBytes(scratch, scratch.write(key));
    const bytes = Buffer.from(key);
    return hashBytes(bytes, bytes.length);
  }
  return hashBytes(Buffer.from(key.buffer, key.byteOffset, key.length), key.length);
}

/** kafkajs' default partitioner without its cost per record; records without a key are still spread by kafkajs. */
export const keyPartitioner: ICustomPartitioner = () => {
  const spread = Partitioners.DefaultPartitioner();
  return (record) => {
    const { partition, key } = record.message;
    if (partition !== null && partition !== undefined) return partition;
    if (key === null || key === undefined) return spread(record);
    return (murmur2(key) & POSITIVE) % record.partitionMetadata.length;
  };
};
