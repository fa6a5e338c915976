// shared/kafka/outbox-codec.ts: output records of a chunk as one block of bytes and back, for the store's outbox.
import type { OutputRecord } from './records.ts';

const ABSENT = 0xffffffff;

type Part = Uint8Array | string | null | undefined;

/** Length field and bytes of a part. */
const sizeOf = (part: Part): number =>
  4 + (typeof part === 'string' ? Buffer.byteLength(part) : (part?.length ?? 0));

function sizeOfRecord({ topic, key, value, headers }: OutputRecord): number {
  let size = 4 + sizeOf(topic) + sizeOf(key) + sizeOf(value);
  for (const name in headers) size += sizeOf(name) + sizeOf(headers[name]);
  return size;
}

/** Writes the part at `at`; gives where the next one goes. */
function writePart(bytes: Buffer, part: Part, at: number): number {
  if (part === null || part === undefined) return bytes.writeUInt32LE(ABSENT, at);
  if (typeof part === 'string') {
    const length = bytes.write(part, at + 4);
    return bytes.writeUInt32LE(length, at) + length;
  }
  bytes.set(part, bytes.writeUInt32LE(part.length, at));
  return at + 4 + part.length;
}

/** Parts in their written order: topic, key, value, then header names and values. */
function writeRecord(bytes: Buffer, { topic, key, value, headers }: OutputRecord, start: number): number {
  let parts = 3;
  let at = writePart(bytes, topic, start + 4);
  at = writePart(bytes, key, at);
  at = writePart(bytes, value, at);
  for (const name in headers) {
    at = writePart(bytes, name, at);
    at = writePart(bytes, headers[name], at);
    parts += 2;
  }
  bytes.writeUInt32LE(parts, start);
  return at;
}

/** Little-endian: record count; per record its part count, then per part its length (ABSENT = null) and bytes. */
export function encodeOutputs(records: readonly OutputRecord[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + sizeOfRecord(record), 4));
  let at = bytes.writeUInt32LE(records.length, 0);
  for (const record of records) at = writeRecord(bytes, record, at);
  return bytes;
}

/** The records that `encodeOutputs` was given; keys and values as bytes. */
export function decodeOutputs(bytes: Uint8Array): OutputRecord[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 4;
  const readUint = () => {
    at += 4;
    return buffer.readUInt32LE(at - 4);
  };
  const readPart = (): Uint8Array | null => {
    const length = readUint();
    if (length === ABSENT) return null;
    at += length;
    return buffer.subarray(at - length, at);
  };
  const textOf = (part: Uint8Array | null) => Buffer.from(part ?? []).toString();
  return Array.from({ length: buffer.readUInt32LE(0) }, () => {
    const parts = Array.from({ length: readUint() }, readPart);
    const headers: Record<string, Uint8Array> = {};
    for (let index = 3; index + 1 < parts.length; index += 2) {
      const value = parts[index + 1];
      if (value) headers[textOf(parts[index] ?? null)] = value;
    }
    return { topic: textOf(parts[0] ?? null), key: parts[1] ?? null, value: parts[2] ?? null, headers };
  });
}
