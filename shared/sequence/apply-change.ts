// shared/sequence/apply-change.ts: the records a change leaves behind; the one place where adapters apply appends and labels.
import { appendTransient, markLabel } from './entity-record.ts';
import { limitsOf } from './record-limits.ts';
import type { AppendEvent, EntityRecord, MarkLabel, StateChange } from './state-store.ts';

/** What an adapter answers from inside its transaction. */
export interface StoredState {
  record(entityKey: string): EntityRecord | undefined;
  isDecided(decisionKey: string): boolean;
}

/** Records as they are before and after the change so far; each is read once. */
class WorkingRecords {
  readonly #stored: StoredState;
  readonly #records = new Map<string, EntityRecord | undefined>();
  readonly #changed = new Map<string, EntityRecord>();

  constructor(stored: StoredState) {
    this.#stored = stored;
  }

  get changed(): ReadonlyMap<string, EntityRecord> {
    return this.#changed;
  }

  append({ entityKey, event, original, takesOverFrom }: AppendEvent): void {
    const own = this.#read(entityKey);
    const before = own ?? (takesOverFrom === undefined ? undefined : this.#read(takesOverFrom));
    this.#write(entityKey, own, appendTransient(before, event, limitsOf(entityKey), original));
  }

  mark(mark: MarkLabel): void {
    const own = this.#read(mark.entityKey);
    const after = markLabel(own, mark);
    if (after !== undefined) this.#write(mark.entityKey, own, after);
  }

  #read(entityKey: string): EntityRecord | undefined {
    if (this.#records.has(entityKey)) return this.#records.get(entityKey);
    const record = this.#stored.record(entityKey);
    this.#records.set(entityKey, record);
    return record;
  }

  #write(entityKey: string, before: EntityRecord | undefined, after: EntityRecord): void {
    if (after === before) return;
    this.#records.set(entityKey, after);
    this.#changed.set(entityKey, after);
  }
}

/** Records that differ after the change, by entity key, in transient memory: copy what is kept. Appends of transactions decided before this change are left out. */
export function applyToRecords(change: StateChange, stored: StoredState): ReadonlyMap<string, EntityRecord> {
  const records = new WorkingRecords(stored);
  const decided = new Map<string, boolean>();
  const isDecided = (decisionKey: string): boolean => {
    const known = decided.get(decisionKey) ?? stored.isDecided(decisionKey);
    decided.set(decisionKey, known);
    return known;
  };
  for (const append of change.appends ?? []) {
    if (append.decisionKey === undefined || !isDecided(append.decisionKey)) records.append(append);
  }
  for (const mark of change.labels ?? []) records.mark(mark);
  return records.changed;
}
