// shared/sequence/store-digest.ts: one number for all histories of a store, to tell whether two runs left the same.
import xxhash from 'xxhash-wasm';
import { readLayout, viewOf } from './record-layout.ts';
import type { EntityRecord, StateStore } from './state-store.ts';
import { copyBytes } from './transient-bytes.ts';

const { create64 } = await xxhash();

/** Number of records, and a 64-bit hash (16 hex characters) over keys and histories in key order. */
export interface StoreDigest {
  readonly records: number;
  readonly digest: string;
}

/** The part of a record that is its history: header, ring with labels, buckets. Remembered ids are left out: they follow the order of arrival. */
export function historyBytesOf(record: EntityRecord): Uint8Array {
  const { evictedAt } = readLayout(viewOf(record));
  const history = copyBytes(record.subarray(0, evictedAt));
  history.fill(0, 3, 5); // the counts of remembered ids
  return history;
}

/** Equal for stores that hold the same histories, whatever adapter and order of commits. Decisions, offsets and outbox are not in it. */
export async function digestOfStore(store: Pick<StateStore, 'scanRecords'>): Promise<StoreDigest> {
  const hash = create64();
  let records = 0;
  for await (const { entityKey, record } of store.scanRecords()) {
    hash.update(entityKey);
    hash.update(historyBytesOf(record));
    records += 1;
  }
  return { records, digest: hash.digest().toString(16).padStart(16, '0') };
}

/** Entity keys whose histories differ between two stores, at most `limit`: what to look at when digests differ. */
export async function findDifferences(
  left: Pick<StateStore, 'scanRecords'>,
  right: Pick<StateStore, 'readRecords' | 'scanRecords'>,
  limit = 20,
): Promise<string[]> {
  const different: string[] = [];
  const seen = new Set<string>();
  for await (const { entityKey, record } of left.scanRecords()) {
    seen.add(entityKey);
    const [other] = await right.readRecords([entityKey]);
    const isSame = other && Buffer.compare(historyBytesOf(record), historyBytesOf(other)) === 0;
    if (!isSame) different.push(entityKey);
    if (different.length >= limit) return different;
  }
  for await (const { entityKey } of right.scanRecords()) {
    if (!seen.has(entityKey)) different.push(entityKey);
    if (different.length >= limit) break;
  }
  return different;
}
