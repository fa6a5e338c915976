// shared/sequence/memory-state-store.ts: StateStore in plain maps: for tests, training and replays that fit in memory.
import { isAboutCard } from '../decisions/about-card.ts';
import { selectFirst } from '../decisions/first-decision.ts';
import { entityKeyOf } from '../domain/entity.ts';
import { applyToRecords } from './apply-change.ts';
import type {
  CardReference,
  EntityRecord,
  ErasedCounts,
  OutboxEntry,
  StateChange,
  StateStore,
  StoredDecision,
} from './state-store.ts';
import { copyBytes } from './transient-bytes.ts';

const partitionKey = (topic: string, partition: number): string => `${partition}|${topic}`;
const byOffset = (left: OutboxEntry, right: OutboxEntry): number => (left.offset < right.offset ? -1 : 1);

/** Same contract as the LMDB adapter, without the disk; every answer is immediate. A Map ends at 16.7 million entities. */
class MemoryStateStore implements StateStore {
  readonly #records = new Map<string, EntityRecord>();
  readonly #decisions = new Map<string, StoredDecision>();
  readonly #offsets = new Map<string, bigint>();
  readonly #outbox = new Map<string, Map<bigint, OutboxEntry>>();

  readRecords(entityKeys: readonly string[]): (EntityRecord | undefined)[] {
    return entityKeys.map((key) => this.#records.get(key));
  }

  findDecisions(decisionKeys: readonly string[]): (StoredDecision | undefined)[] {
    return decisionKeys.map((key) => this.#decisions.get(key));
  }

  async commit(change: StateChange): Promise<void> {
    const first = selectFirst(change.decisions ?? [], (key) => this.#decisions.get(key));
    const changed = applyToRecords(change, {
      record: (key) => this.#records.get(key),
      isDecided: (key) => this.#decisions.has(key),
    });
    for (const [key, record] of changed) this.#records.set(key, copyBytes(record));
    for (const decision of first) this.#decisions.set(decision.decisionKey, decision);
    for (const { topic, partition, offset } of change.inputOffsets ?? []) {
      this.#offsets.set(partitionKey(topic, partition), offset);
    }
    for (const entry of change.acknowledged ?? []) this.#entriesOf(entry).delete(entry.offset);
    for (const entry of change.outbox ?? []) this.#entriesOf(entry).set(entry.offset, entry);
  }

  readInputOffset(topic: string, partition: number): bigint | undefined {
    return this.#offsets.get(partitionKey(topic, partition));
  }

  readOutbox(topic: string, partition: number): OutboxEntry[] {
    return [...this.#entriesOf({ topic, partition }).values()].sort(byOffset);
  }

  *scanRecords(): Iterable<{ entityKey: string; record: EntityRecord }> {
    const inByteOrder = [...this.#records.keys()].sort((left, right) =>
      Buffer.compare(Buffer.from(left), Buffer.from(right)),
    );
    for (const entityKey of inByteOrder) {
      const record = this.#records.get(entityKey);
      if (record) yield { entityKey, record };
    }
  }

  async eraseCard({ portfolioId, cardToken }: CardReference): Promise<ErasedCounts> {
    const isRecorded = this.#records.delete(entityKeyOf({ kind: 'card', portfolioId, key: cardToken }));
    let decisions = 0;
    for (const [key, { bytes }] of this.#decisions) {
      if (!key.startsWith(`${portfolioId}|`) || !isAboutCard(bytes, cardToken)) continue;
      this.#decisions.delete(key);
      decisions += 1;
    }
    return { records: isRecorded ? 1 : 0, decisions };
  }

  async pruneDecisions(nowMs: number): Promise<number> {
    let pruned = 0;
    for (const [key, { keepUntilMs }] of this.#decisions) {
      if (keepUntilMs > nowMs) continue;
      this.#decisions.delete(key);
      pruned += 1;
    }
    return pruned;
  }

  async close(): Promise<void> {}

  #entriesOf({ topic, partition }: Pick<OutboxEntry, 'topic' | 'partition'>): Map<bigint, OutboxEntry> {
    const key = partitionKey(topic, partition);
    const entries = this.#outbox.get(key) ?? new Map<bigint, OutboxEntry>();
    this.#outbox.set(key, entries);
    return entries;
  }
}

export function createMemoryStateStore(): StateStore {
  return new MemoryStateStore();
}
