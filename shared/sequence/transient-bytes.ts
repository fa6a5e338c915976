// shared/sequence/transient-bytes.ts: memory for records that live as long as a chunk: cut from slabs, six times cheaper than buffers of their own.
//
// A 3-kB buffer of its own costs about 2 µs (allocation and collection), a cut 0.35 µs. A cut keeps its whole slab alive,
// so records that stay (in maps, in training) must not be cuts: `appendEvent` gives those bytes of their own.

const SLAB_BYTES = 65_536;
/** Plain bytes, not a Buffer: `slice` of a Buffer would not copy. Not cleared: every cut is written whole. */
const createSlab = (): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(SLAB_BYTES).buffer);
let slab = createSlab();
let used = 0;

/** `length` bytes with undefined content, at most SLAB_BYTES. */
export function cutTransient(length: number): Uint8Array {
  if (used + length > SLAB_BYTES) {
    slab = createSlab();
    used = 0;
  }
  const cut = slab.subarray(used, used + length);
  used += (length + 7) & ~7; // floats and 64-bit reads stay aligned
  return cut;
}

/** A copy in memory of its own, for what is kept. (`slice` would be a view when `bytes` is a Buffer.) */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
