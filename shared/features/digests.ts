// shared/features/digests.ts: 64-bit digests of a population reference and of a context: equal digests, equal scores.
import xxhash from 'xxhash-wasm';
import { EVENT_BYTES, WINDOW } from '../sequence/packed-event.ts';
import type { PopulationReference } from './population-reference.ts';

const { h64, h64Raw } = await xxhash();

const HEX_DIGITS = 16;
const toHex = (hash: bigint): string => hash.toString(16).padStart(HEX_DIGITS, '0');

/** JSON with object keys in alphabetical order: the same text for the same content. */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

const known = new WeakMap<PopulationReference, string>();

/** Digest of a reference's content, 16 hex characters; remembered per object, so do not change one in place. */
export function digestReference(reference: PopulationReference): string {
  let digest = known.get(reference);
  if (digest === undefined) {
    digest = toHex(h64(toCanonicalJson(reference)));
    known.set(reference, digest);
  }
  return digest;
}

const MOST_FEATURES = 1_024;
const scratch = new Uint8Array(WINDOW * EVENT_BYTES + MOST_FEATURES * 4 + HEX_DIGITS);

/**
 * Digest of everything encoder and head see, 16 hex characters: `events` (label bytes already masked, see
 * `maskLabels`), features, and the reference that amounts and forecasts are read against.
 */
export function digestContext(events: Uint8Array, features: Float32Array, referenceDigest: string): string {
  scratch.set(events, 0);
  scratch.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength), events.length);
  let length = events.length + features.byteLength;
  for (let at = 0; at < referenceDigest.length; at++) scratch[length++] = referenceDigest.charCodeAt(at);
  return toHex(h64Raw(scratch.subarray(0, length)));
}

/** Zeroes the label bytes (40 … 43) of every packed event in `events`, a buffer of its own: labels are no input of the encoder. */
export function maskLabels(events: Uint8Array): void {
  const words = new Uint32Array(events.buffer, events.byteOffset, events.length / 4);
  for (let at = 10; at < words.length; at += EVENT_BYTES / 4) words[at] = 0;
}
