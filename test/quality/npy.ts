// test/quality/npy.ts: arrays to and from NumPy's .npy files, for the Python programs that play the rival and for caches.
import { closeSync, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';

const kinds = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i4': Int32Array,
  '|u1': Uint8Array,
} as const;
type Kind = keyof typeof kinds;
type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

function kindOf(values: Values): Kind {
  if (values instanceof Float32Array) return '<f4';
  if (values instanceof Float64Array) return '<f8';
  return values instanceof Int32Array ? '<i4' : '|u1';
}

/** Bytes moved in one call: the file system refuses more than two gigabytes at once. */
const PIECE_BYTES = 1 << 28;

/** Writes a little-endian, row-major array of this shape (format version 1.0). */
export function writeNpy(file: string, values: Values, shape: readonly number[]): void {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${kindOf(values)}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(padded.length, 8);
  const body = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  writeFileSync(file, Buffer.concat([head, Buffer.from(padded, 'latin1')]));
  const handle = openSync(file, 'a');
  try {
    for (let at = 0; at < body.length; at += PIECE_BYTES)
      writeSync(handle, body, at, Math.min(PIECE_BYTES, body.length - at));
  } finally {
    closeSync(handle);
  }
}

/** Reads an array of one kind, row-major, whatever its shape. */
export function readNpy<Name extends Kind>(file: string, kind: Name): InstanceType<(typeof kinds)[Name]> {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(10);
    readSync(handle, head, 0, 10, 0);
    const start = 10 + head.readUInt16LE(8);
    const bytes = new Uint8Array(statSync(file).size - start);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      readSync(handle, bytes, at, Math.min(PIECE_BYTES, bytes.length - at), start + at);
    return new kinds[kind](bytes.buffer) as InstanceType<(typeof kinds)[Name]>;
  } finally {
    closeSync(handle);
  }
}

/** Reads doubles, row-major, whatever their shape. */
export function readNpyDoubles(file: string): Float64Array {
  return readNpy(file, '<f8');
}
