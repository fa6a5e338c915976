// shared/sequence/state-store.ts: port: histories, decisions, input offsets and outbox, changed together in one transaction.
import type { EventPosition } from './packed-event.ts';

/** Bytes of one entity's history; made and read only by entity-record.ts. Treat as immutable. */
export type EntityRecord = Uint8Array;

/** Put one packed event into an entity's history. Idempotent by id hash; inserted by total order. */
export interface AppendEvent {
  /** `entityKeyOf(entity)` */
  readonly entityKey: string;
  /** EVENT_BYTES bytes. */
  readonly event: Uint8Array;
  /** Clearings: id hash of the original; when the history holds it, nothing is appended. */
  readonly original?: Pick<EventPosition, 'idLow' | 'idHigh'>;
  /** Entity key of the card this one replaces: its history is copied first when this entity has none. */
  readonly takesOverFrom?: string;
  /** `decisionKey` of the transaction: nothing is appended when its decision was stored before this change. Makes appends idempotent for as long as decisions are kept, beyond what a record remembers. */
  readonly decisionKey?: string;
}

/** Mark the label of one event (and the bucket of its day) as known from `knownAtMs` on. */
export interface MarkLabel extends EventPosition {
  readonly entityKey: string;
  readonly label: number;
  readonly knownAtMs: number;
  /** Amount in reference units when the event is no longer in the ring; 0 when unknown. */
  readonly amount: number;
}

/** A decision as it was emitted, byte for byte. */
export interface StoredDecision {
  /** `portfolioId|transactionId` */
  readonly decisionKey: string;
  /** The value of the decisions topic. */
  readonly bytes: Uint8Array;
  /** Hash of the transaction's content: a repeated id with other content is a conflict. */
  readonly contentHash: string;
  /** Instant after which the decision may be forgotten, ms. */
  readonly keepUntilMs: number;
}

/** Position in an input topic. `offset` is the next one to read. */
export interface InputOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Output records of one chunk of one partition, kept until the broker has acknowledged them. */
export interface OutboxEntry {
  readonly topic: string;
  readonly partition: number;
  /** First input offset the entry answers. */
  readonly offset: bigint;
  readonly bytes: Uint8Array;
}

/** Everything that becomes true together, or not at all. */
export interface StateChange {
  readonly appends?: readonly AppendEvent[];
  readonly labels?: readonly MarkLabel[];
  readonly decisions?: readonly StoredDecision[];
  readonly inputOffsets?: readonly InputOffset[];
  readonly outbox?: readonly OutboxEntry[];
  /** Outbox entries acknowledged by the broker: forgotten, before `outbox` is filed: the same records read again may stand in the same place. */
  readonly acknowledged?: readonly Omit<OutboxEntry, 'bytes'>[];
}

/** A card, as callers name it. */
export interface CardReference {
  readonly portfolioId: string;
  readonly cardToken: string;
}

/** What an erasure removed. */
export interface ErasedCounts {
  readonly records: number;
  readonly decisions: number;
}

/** Histories, decisions, offsets and outbox of one scorer. Adapters: LMDB (several processes on one machine), memory (tests, training). */
export interface StateStore {
  /** Records in the order of `entityKeys`; undefined where nothing is known. */
  readRecords(
    entityKeys: readonly string[],
  ): (EntityRecord | undefined)[] | Promise<(EntityRecord | undefined)[]>;
  /** Decisions in the order of `decisionKeys`. */
  findDecisions(
    decisionKeys: readonly string[],
  ): (StoredDecision | undefined)[] | Promise<(StoredDecision | undefined)[]>;
  /**
   * Applies the whole change atomically; appends and labels are applied to the record as it is inside the transaction (other processes may have written meanwhile).
   * The first decision of a transaction stands. Resolves when the change would survive the end of this process.
   * @throws AppError FRAUD_STORE_CONFLICT when a decision is stored with other bytes: nothing is changed, read again.
   */
  commit(change: StateChange): Promise<void>;
  /** Next offset to read of a partition, as stored with the histories; undefined when never read. */
  readInputOffset(topic: string, partition: number): bigint | undefined | Promise<bigint | undefined>;
  /** Outbox entries of a partition that were never acknowledged, oldest first. */
  readOutbox(topic: string, partition: number): OutboxEntry[] | Promise<OutboxEntry[]>;
  /** All records, in key order: for audits, rebuild comparison and export. */
  scanRecords():
    | Iterable<{ entityKey: string; record: EntityRecord }>
    | AsyncIterable<{ entityKey: string; record: EntityRecord }>;
  /**
   * Removes a card's history and every decision about it. A transaction that comes afterwards begins a new history.
   * Merchants and accounts keep their totals: they name no card.
   */
  eraseCard(card: CardReference): Promise<ErasedCounts>;
  /** Forgets decisions whose `keepUntilMs` has passed, at the latest an hour after. Returns how many. */
  pruneDecisions(nowMs: number): Promise<number>;
  close(): Promise<void>;
}
