// shared/restore/rebuild-state.ts: the state store made again from the topics: archived events, decisions, outcomes, offsets.
//
// Rows of one card come in the order in which they were scored; merchants and accounts do not depend on order
// (entity-record.ts). Labels come last: a mark finds its event in the ring or counts in its day, with the same result.

import { CONTENT_HASH_HEADER } from '../decisions/content-hash-header.ts';
import type { Decision } from '../domain/decision.ts';
import { outcomeSchema } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Tombstones } from '../erasure/tombstones.ts';
import { IdTable } from '../kafka/id-table.ts';
import { headerText, type InputRecord } from '../kafka/records.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { labelMarksOf } from '../sequence/label-marks.ts';
import { leaveCardOut } from '../sequence/leave-card-out.ts';
import type { AppendEvent, InputOffset, StateStore, StoredDecision } from '../sequence/state-store.ts';
import {
  type ArchivedRow,
  appendsOf,
  eventTimeMsOf,
  isSettled,
  parseArchivedRow,
  parseInputOffset,
} from './archived-rows.ts';
import { Takeovers } from './takeovers.ts';

const ROW_SEEN = 1;
const DECISION_SEEN = 2;
/** Rows without it are not parsed when takeovers are looked for. */
const REPLACES = '"replacesCardToken"';

/** How long decisions are remembered, ms from their receipt; as the scorer is set. */
export interface DecisionRetention {
  readonly quietMs: number;
  readonly alertedMs: number;
}

export interface RebuildCounts {
  /** Archived events put back. */
  events: number;
  /** Rows that were there more than once. */
  repeatedRows: number;
  decisions: number;
  /** Decisions emitted whose row was not: the process ended between the two. Their transactions have to be loaded. */
  decisionsWithoutRow: number;
  outcomes: number;
}

/** Fed topic by topic, each partition in order: all rows to be noted, rows again to be taken, decisions, outcomes; `finish` writes the offsets. */
export interface StateRebuild {
  /** Finds replaced cards: what their successors copied depends on when, so both are kept for the end. */
  noteTakeovers(records: readonly InputRecord[]): void;
  takeRows(records: readonly InputRecord[]): Promise<void>;
  takeDecisions(records: readonly InputRecord[]): Promise<void>;
  /** Decisions whose events are not in the archive. */
  missingCount(): number;
  /** Whether this transaction was decided but its event is not in the archive. */
  isMissing(transaction: Transaction): boolean;
  takeOutcomes(records: readonly InputRecord[]): Promise<void>;
  /** @param committed offsets of the consumer group: all before them is in the topics read */
  finish(committed: readonly InputOffset[]): Promise<RebuildCounts>;
}

const idOf = (portfolioId: string, transactionId: string): { idLow: number; idHigh: number } =>
  hashTransactionId(`${portfolioId}|${transactionId}`);

/** A rebuild into `store`, which should be empty or hold what `fraudctl state load` brought. */
export function createStateRebuild(
  store: StateStore,
  retention: DecisionRetention,
  erasures: Pick<Tombstones, 'isErased'> = nothingErased,
): StateRebuild {
  return new Rebuild(store, retention, erasures);
}

const nothingErased: Pick<Tombstones, 'isErased'> = { isErased: () => false };

class Rebuild implements StateRebuild {
  readonly #store: StateStore;
  readonly #retention: DecisionRetention;
  readonly #erasures: Pick<Tombstones, 'isErased'>;
  readonly #seen = new IdTable();
  readonly #missing = new Set<string>();
  /** Highest input offset seen, by row partition and input partition: rows sent again after a crash lie at or below it. */
  readonly #highest = new Map<string, bigint>();
  readonly #next = new Map<string, InputOffset>();
  readonly #takeovers = new Takeovers();
  readonly #counts: RebuildCounts = {
    events: 0,
    repeatedRows: 0,
    decisions: 0,
    decisionsWithoutRow: 0,
    outcomes: 0,
  };

  constructor(store: StateStore, retention: DecisionRetention, erasures: Pick<Tombstones, 'isErased'>) {
    this.#store = store;
    this.#retention = retention;
    this.#erasures = erasures;
  }

  #isErased(card: { portfolioId: string; cardToken: string }, eventTimeMs: number): boolean {
    return this.#erasures.isErased(card.portfolioId, card.cardToken, eventTimeMs);
  }

  noteTakeovers(records: readonly InputRecord[]): void {
    for (const { value } of records) {
      if (!value || !Buffer.from(value.buffer, value.byteOffset, value.length).includes(REPLACES)) continue;
      for (const append of appendsOf(parseArchivedRow(value))) this.#takeovers.note(append);
    }
  }

  async takeRows(records: readonly InputRecord[]): Promise<void> {
    const appends: AppendEvent[] = [];
    for (const { partition, value } of records) {
      if (!value) continue;
      const row = parseArchivedRow(value);
      if (!this.#isFirst(partition, row.inputOffset)) {
        this.#counts.repeatedRows += 1;
        continue;
      }
      this.#counts.events += 1;
      this.#seen.addBits(this.#seen.slotOf(idOf(row.portfolioId, row.transactionId)), ROW_SEEN);
      const wasSeen = (id: string) => (this.#bitsOf(row.portfolioId, id) & ROW_SEEN) !== 0;
      if (!isSettled(row, wasSeen)) appends.push(...this.#takeovers.holdAppends(this.#withoutErased(row)));
    }
    await this.#store.commit({ appends });
  }

  #withoutErased(row: ArchivedRow): AppendEvent[] {
    return leaveCardOut(appendsOf(row), this.#isErased(row, eventTimeMsOf(row)));
  }

  #bitsOf(portfolioId: string, transactionId: string): number {
    return this.#seen.bitsAt(this.#seen.slotOf(idOf(portfolioId, transactionId)));
  }

  async takeDecisions(records: readonly InputRecord[]): Promise<void> {
    const decisions: StoredDecision[] = [];
    for (const record of records) {
      const { value } = record;
      if (!value) continue;
      const decision: Decision = JSON.parse(Buffer.from(value).toString());
      if (this.#isErased(decision, Date.parse(decision.eventTime))) continue;
      const slot = this.#seen.slotOf(idOf(decision.portfolioId, decision.transactionId));
      const bits = this.#seen.bitsAt(slot);
      if (bits & DECISION_SEEN) continue; // a copy: the first stands
      this.#seen.addBits(slot, DECISION_SEEN);
      const stored = this.#toStored(decision, record, value);
      if (!(bits & ROW_SEEN)) this.#missing.add(stored.decisionKey);
      decisions.push(stored);
    }
    this.#counts.decisions += decisions.length;
    await this.#store.commit({ decisions });
  }

  missingCount(): number {
    return this.#missing.size;
  }

  isMissing({ portfolioId, transactionId }: Transaction): boolean {
    return this.#missing.has(`${portfolioId}|${transactionId}`);
  }

  async takeOutcomes(records: readonly InputRecord[]): Promise<void> {
    const labels = records.flatMap(({ value }) => {
      const parsed = outcomeSchema.safeParse(parseJson(value));
      if (!parsed.success) return []; // refused when it was read first: a dead letter
      const isErased = this.#isErased(parsed.data, Date.parse(parsed.data.transactionTime));
      return leaveCardOut(labelMarksOf(parsed.data), isErased);
    });
    this.#counts.outcomes += records.length;
    await this.#store.commit({ labels: this.#takeovers.holdLabels(labels) });
  }

  async finish(committed: readonly InputOffset[]): Promise<RebuildCounts> {
    for (const change of this.#takeovers.release()) await this.#store.commit(change);
    for (const offset of committed) this.#raise(offset);
    await this.#store.commit({ inputOffsets: [...this.#next.values()] });
    return { ...this.#counts, decisionsWithoutRow: this.#missing.size };
  }

  #toStored(decision: Decision, record: InputRecord, bytes: Uint8Array): StoredDecision {
    const { quietMs, alertedMs } = this.#retention;
    const keepMs = decision.decision === 'approve' ? quietMs : alertedMs;
    return {
      decisionKey: `${decision.portfolioId}|${decision.transactionId}`,
      bytes: Uint8Array.from(bytes), // a slice of what was fetched
      contentHash: headerText(record.headers, CONTENT_HASH_HEADER) ?? '',
      keepUntilMs: Date.parse(decision.receivedAt) + keepMs,
    };
  }

  #isFirst(rowPartition: number, inputOffset: string): boolean {
    const input = parseInputOffset(inputOffset);
    const key = `${rowPartition}|${input.topic}|${input.partition}`;
    const highest = this.#highest.get(key) ?? -1n;
    if (input.offset <= highest) return false;
    this.#highest.set(key, input.offset);
    this.#raise({ ...input, offset: input.offset + 1n });
    return true;
  }

  #raise(offset: InputOffset): void {
    const key = `${offset.topic}|${offset.partition}`;
    const known = this.#next.get(key);
    if (!known || known.offset < offset.offset) this.#next.set(key, offset);
  }
}

function parseJson(value: Uint8Array | null): unknown {
  try {
    return JSON.parse(Buffer.from(value ?? []).toString());
  } catch {
    return undefined;
  }
}
