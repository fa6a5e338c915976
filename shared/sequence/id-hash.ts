// shared/sequence/id-hash.ts: hashes of transaction ids (tie-break of the total order) and merchant keys.
import xxhash from 'xxhash-wasm';

const { h64, h32 } = await xxhash();

/** One 64-bit word seen as two 32-bit halves: cheaper than BigInt arithmetic. */
const word = new BigUint64Array(1);
const halves = new Uint32Array(word.buffer);
/** Index of the low half: 0 on every little-endian machine Node runs on, 1 otherwise. */
const lowHalf = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** 64-bit xxHash (seed 0) of the id's UTF-8 bytes, as two unsigned 32-bit halves. The same everywhere and for ever: it is stored. */
export function hashTransactionId(id: string): { idLow: number; idHigh: number } {
  word[0] = h64(id);
  return { idLow: halves[lowHalf] ?? 0, idHigh: halves[1 - lowHalf] ?? 0 };
}

/** 32-bit xxHash (seed 0) of a merchant key, never 0: 0 means missing in packed events. */
export function hashMerchant(key: string): number {
  return h32(key) || 1;
}
