// shared/kafka/outbox-codec.ts: output records of a chunk as one block of bytes and back, for the store's outbox.
import type { OutputRecord } from './records.ts';

const ABSENT = 0xffffffff;

type Part = Uint8Array | string | null | undefined;

const toBytes = (part: Uint8Array | string): Uint8Array =>
  typeof part === 'string' ? Buffer.from(part) : part;

/** Parts of one record in their written order: topic, key, value, then header names and values. */
function partsOf(record: OutputRecord): Part[] {
  const headers = Object.entries(record.headers ?? {}).flat();
  return [record.topic, record.key, record.value, ...headers];
}

/** Little-endian: record count; per record its part count, then per part its length (ABSENT = null) and bytes. */
export function encodeOutputs(records: readonly OutputRecord[]): Uint8Array {
  const all = records.map((record) => partsOf(record).map((part) => (part == null ? null : toBytes(part))));
  const size = all.reduce(
    (sum, parts) => sum + 4 + parts.reduce((inner, part) => inner + 4 + (part?.length ?? 0), 0),
    4,
  );
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt32LE(records.length, 0);
  for (const parts of all) {
    at = bytes.writeUInt32LE(parts.length, at);
    for (const part of parts) {
      at = bytes.writeUInt32LE(part?.length ?? ABSENT, at);
      if (!part) continue;
      bytes.set(part, at);
      at += part.length;
    }
  }
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
