// shared/decisions/decision-bytes.ts: a stored decision as one value: keep-until, content hash, then the emitted bytes.
import type { StoredDecision } from '../sequence/state-store.ts';

// Byte 0 f64 keepUntilMs   8 u8 length of the content hash (UTF-8)   9 content hash ‖ decision bytes
const HASH_AT = 9;
const decoder = new TextDecoder();

/** Packs everything but the key. The content hash may be at most 255 bytes. */
export function encodeDecision({ bytes, contentHash, keepUntilMs }: StoredDecision): Buffer {
  const hash = Buffer.from(contentHash);
  const packed = Buffer.allocUnsafe(HASH_AT + hash.length + bytes.length);
  packed.writeDoubleLE(keepUntilMs, 0);
  packed.writeUInt8(hash.length, 8);
  packed.set(hash, HASH_AT);
  packed.set(bytes, HASH_AT + hash.length);
  return packed;
}

/** @param packed as made by encodeDecision; the answer's bytes are a part of it, not a copy. */
export function decodeDecision(decisionKey: string, packed: Uint8Array): StoredDecision {
  const bytesAt = HASH_AT + (packed[8] ?? 0);
  return {
    decisionKey,
    bytes: packed.subarray(bytesAt),
    contentHash: decoder.decode(packed.subarray(HASH_AT, bytesAt)),
    keepUntilMs: readKeepUntilMs(packed),
  };
}

export function readKeepUntilMs(packed: Uint8Array): number {
  return new DataView(packed.buffer, packed.byteOffset, 8).getFloat64(0, true);
}
