// shared/sequence/lmdb-state-store.ts: StateStore in an embedded LMDB environment that several processes of one machine share.
import { selectFirst } from '../decisions/first-decision.ts';
import { createDecisionTable, type DecisionTable } from '../decisions/lmdb-decision-table.ts';
import { entityKeyOf } from '../domain/entity.ts';
import { AppError } from '../errors.ts';
import { applyToRecords } from './apply-change.ts';
import { type LmdbEnvironment, type LmdbOptions, openEnvironment } from './lmdb-environment.ts';
import { ReadCache } from './read-cache.ts';
import type {
  CardReference,
  EntityRecord,
  ErasedCounts,
  InputOffset,
  OutboxEntry,
  StateChange,
  StateStore,
  StoredDecision,
} from './state-store.ts';
import { cutTransient } from './transient-bytes.ts';

const REVISION = 'revision';
/** At least the records of a few chunks and the busiest merchants: 6–25 MB. */
const CACHED_RECORDS = 2048;

/** Reads are synchronous and see the last commit of any process; a commit is one synchronous write transaction. */
class LmdbStateStore implements StateStore {
  readonly #environment: LmdbEnvironment;
  readonly #decisions: DecisionTable;
  readonly #cache = new ReadCache(CACHED_RECORDS);

  constructor(environment: LmdbEnvironment) {
    this.#environment = environment;
    this.#decisions = createDecisionTable(environment);
  }

  readRecords(entityKeys: readonly string[]): (EntityRecord | undefined)[] {
    return this.#guard(() => {
      this.#environment.root.resetReadTxn();
      this.#cache.lookAt(this.#readRevision());
      return entityKeys.map((key) => this.#cache.find(key, this.#readRecord));
    });
  }

  findDecisions(decisionKeys: readonly string[]): (StoredDecision | undefined)[] {
    return this.#guard(() => {
      this.#environment.root.resetReadTxn();
      this.#cache.lookAt(this.#readRevision());
      return decisionKeys.map((key) => this.#findDecision(key));
    });
  }

  async commit(change: StateChange): Promise<void> {
    this.#guard(() => {
      this.#environment.ensureSpace();
      const { revision, changed } = this.#environment.write(() => this.#apply(change));
      this.#cache.advanceTo(revision, changed);
      for (const { decisionKey } of change.decisions ?? []) this.#cache.noteDecided(decisionKey);
    });
  }

  readInputOffset(topic: string, partition: number): bigint | undefined {
    return this.#guard(() => {
      this.#environment.root.resetReadTxn();
      const stored = this.#environment.offsets.getBinary([topic, partition]);
      return stored && Buffer.from(stored).readBigInt64LE();
    });
  }

  readOutbox(topic: string, partition: number): OutboxEntry[] {
    return this.#guard(() => {
      this.#environment.root.resetReadTxn();
      const range = this.#environment.outbox.getRange({
        start: [topic, partition, 0],
        end: [topic, partition, Number.MAX_SAFE_INTEGER],
      });
      return [...range].map(({ key, value }) => ({
        topic,
        partition,
        offset: BigInt(key[2]),
        bytes: Uint8Array.from(value),
      }));
    });
  }

  *scanRecords(): Iterable<{ entityKey: string; record: EntityRecord }> {
    this.#environment.root.resetReadTxn();
    for (const { key, value } of this.#environment.records.getRange({})) {
      yield { entityKey: key, record: Uint8Array.from(value) };
    }
  }

  async eraseCard({ portfolioId, cardToken }: CardReference): Promise<ErasedCounts> {
    const { write, records } = this.#environment;
    const key = entityKeyOf({ kind: 'card', portfolioId, key: cardToken });
    const isRecorded = this.#guard(() =>
      write(() => {
        // Another revision: every process forgets what it has read.
        this.#writeRevision(this.#readRevision() + 1);
        return records.removeSync(key);
      }),
    );
    const decisions = await this.#decisions.erase(portfolioId, cardToken);
    return { records: isRecorded ? 1 : 0, decisions };
  }

  async pruneDecisions(nowMs: number): Promise<number> {
    return this.#decisions.prune(nowMs).catch((cause: unknown) => {
      throw new AppError('FRAUD_STORE_UNAVAILABLE', { cause });
    });
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }

  /** Inside the write transaction: reads see the last commit of any process. */
  #apply(change: StateChange): { revision: number; changed: ReadonlyMap<string, EntityRecord> } {
    const { records } = this.#environment;
    const before = this.#readRevision();
    this.#cache.lookAt(before);
    const first = selectFirst(change.decisions ?? [], this.#findDecision);
    const changed = applyToRecords(change, {
      record: (key) => this.#cache.find(key, this.#readRecord),
      isDecided: (key) => this.#findDecision(key) !== undefined,
    });
    for (const [key, record] of changed) records.putSync(key, record);
    this.#decisions.write(first);
    this.#writeOffsets(change.inputOffsets ?? []);
    this.#writeOutbox(change);
    return { revision: this.#writeRevision(before + 1), changed };
  }

  readonly #findDecision = (decisionKey: string): StoredDecision | undefined => {
    if (this.#cache.isUndecided(decisionKey)) return undefined;
    const decision = this.#decisions.find(decisionKey);
    if (decision === undefined) this.#cache.noteUndecided(decisionKey);
    return decision;
  };

  /** A copy: LMDB's own memory is written again by the next read. */
  readonly #readRecord = (entityKey: string): EntityRecord | undefined => {
    const shared = this.#environment.records.getBinaryFast(entityKey);
    if (shared === undefined) return undefined;
    const { length } = shared;
    const record = cutTransient(length);
    record.set(
      length === shared.byteLength ? shared : new Uint8Array(shared.buffer, shared.byteOffset, length),
    );
    return record;
  };

  #readRevision(): number {
    const stored = this.#environment.revision.getBinary(REVISION);
    return stored ? Buffer.from(stored).readDoubleLE() : 0;
  }

  #writeRevision(revision: number): number {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(revision);
    this.#environment.revision.putSync(REVISION, bytes);
    return revision;
  }

  #writeOffsets(inputOffsets: readonly InputOffset[]): void {
    for (const { topic, partition, offset } of inputOffsets) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(offset);
      this.#environment.offsets.putSync([topic, partition], bytes);
    }
  }

  #writeOutbox({ outbox = [], acknowledged = [] }: StateChange): void {
    for (const { topic, partition, offset } of acknowledged) {
      this.#environment.outbox.removeSync([topic, partition, Number(offset)]);
    }
    for (const { topic, partition, offset, bytes } of outbox) {
      this.#environment.outbox.putSync([topic, partition, Number(offset)], bytes);
    }
  }

  /** What LMDB throws becomes a dependency error: the caller pauses and tries again. */
  #guard<Answer>(action: () => Answer): Answer {
    try {
      return action();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('FRAUD_STORE_UNAVAILABLE', { cause });
    }
  }
}

/** @throws AppError FRAUD_STORE_UNAVAILABLE when the environment cannot be opened. Promises: lmdb-environment.ts. */
export function createLmdbStateStore(options: LmdbOptions): StateStore {
  return new LmdbStateStore(openEnvironment(options));
}
