// shared/sequence/read-cache.ts: what a process read last, records and decisions that are not there, valid for one revision of the store.
import type { EntityRecord } from './state-store.ts';

/** A chunk reads its records, evaluates, and commits: the commit finds them here instead of reading again. Busy merchants stay. */
export class ReadCache {
  readonly #capacity: number;
  /** Decision keys looked up and not found. */
  readonly #undecided = new Set<string>();
  /** Two generations: when the young one is full it becomes the old one, and what nobody asked for is dropped. */
  #young = new Map<string, EntityRecord | undefined>();
  #old = new Map<string, EntityRecord | undefined>();
  #revision = -1;

  /** @param capacity entries kept at least; at most twice as many */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Says which revision of the store is looked at; another than last time (a foreign commit) empties the cache. */
  lookAt(revision: number): void {
    if (revision === this.#revision) return;
    this.#young.clear();
    this.#old.clear();
    this.#undecided.clear();
    this.#revision = revision;
  }

  noteUndecided(decisionKey: string): void {
    if (this.#undecided.size >= this.#capacity * 4) this.#undecided.clear();
    this.#undecided.add(decisionKey);
  }

  isUndecided(decisionKey: string): boolean {
    return this.#undecided.has(decisionKey);
  }

  /** The decision was written. */
  noteDecided(decisionKey: string): void {
    this.#undecided.delete(decisionKey);
  }

  /** After a commit of this process: its records, and all others still, are those of `revision`. */
  advanceTo(revision: number, changed: ReadonlyMap<string, EntityRecord>): void {
    this.#revision = revision;
    for (const [key, record] of changed) this.#put(key, record);
  }

  /** The record, undefined when there is none; `read` is asked when neither is known. */
  find(entityKey: string, read: (entityKey: string) => EntityRecord | undefined): EntityRecord | undefined {
    const young = this.#young.get(entityKey);
    if (young !== undefined) return young;
    if (this.#young.has(entityKey)) return undefined;
    const record = this.#old.has(entityKey) ? this.#old.get(entityKey) : read(entityKey);
    this.#put(entityKey, record);
    return record;
  }

  #put(entityKey: string, record: EntityRecord | undefined): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(entityKey, record);
  }
}
