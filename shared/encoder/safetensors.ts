// shared/encoder/safetensors.ts: float32 weights by name ↔ the safetensors file format (8-byte length, JSON header, raw values).
import { z } from 'zod';
import { AppError } from '../errors.ts';

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const HEADER_LENGTH_BYTES = 8;
const headerSchema = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.literal('F32'),
      shape: z.array(z.int().min(0)),
      data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);

/** Bytes of a safetensors file. Names keep their order; `metadata` goes to `__metadata__`. */
export function toSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, values }] of tensors) {
    const start = end;
    end += values.byteLength;
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  // Values start at a multiple of 8, as the format asks; spaces fill the header.
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = Buffer.alloc(HEADER_LENGTH_BYTES + headerBytes + end, ' ');
  bytes.writeBigUInt64LE(BigInt(headerBytes), 0);
  text.copy(bytes, HEADER_LENGTH_BYTES);
  let at = HEADER_LENGTH_BYTES + headerBytes;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/**
 * Reads a file written by `toSafetensors` or any other that holds float32 only.
 * @throws AppError FRAUD_MODEL_INVALID when it is none
 */
export function fromSafetensors(bytes: Uint8Array): {
  tensors: Map<string, NamedTensor>;
  metadata: Record<string, string>;
} {
  const refuse = (detail: string, cause?: unknown) => new AppError('FRAUD_MODEL_INVALID', { detail, cause });
  if (bytes.byteLength < HEADER_LENGTH_BYTES) throw refuse('The file is too short for safetensors.');
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(file.readBigUInt64LE(0));
  const from = HEADER_LENGTH_BYTES + headerBytes;
  if (from > file.length) throw refuse('The safetensors header is longer than the file.');
  let header: z.infer<typeof headerSchema>;
  try {
    header = headerSchema.parse(JSON.parse(file.toString('utf8', HEADER_LENGTH_BYTES, from)));
  } catch (cause) {
    throw refuse('The safetensors header cannot be read.', cause);
  }
  const tensors = new Map<string, NamedTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (!Array.isArray(entry.shape) || !Array.isArray(entry.data_offsets)) {
      metadata = z.record(z.string(), z.string()).parse(entry);
      continue;
    }
    const [start, end] = entry.data_offsets;
    if (end > file.length - from || (end - start) % 4 !== 0) throw refuse(`Offsets of ${name} lie outside.`);
    // A copy: the file's buffer may be shared, and its offsets need not be multiples of 4.
    const own = new Uint8Array(bytes.buffer, bytes.byteOffset + from + start, end - start).slice();
    const values = new Float32Array(own.buffer);
    tensors.set(name, { shape: entry.shape, values });
  }
  return { tensors, metadata };
}
