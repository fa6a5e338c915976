// services/stream-scorer/chunk.ts: transactions handled together on their way from input record to acknowledged output.
import type { Decision } from '../../shared/domain/decision.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { AppError } from '../../shared/errors.ts';
import type { InputRecord, OutputRecord } from '../../shared/kafka/records.ts';
import type { Evaluation } from '../../shared/scoring/scorer.ts';

/** A record that became a transaction; from here on the bytes are not read again. */
export interface ReceivedTransaction {
  readonly record: InputRecord;
  readonly transaction: Transaction;
  readonly eventTimeMs: number;
  readonly decisionKey: string;
  /** Hash of the parsed content: a repeated id with other content is a conflict. */
  readonly contentHash: string;
}

/** A record answered by a dead letter; masked copies replace what holds a card number. */
export interface RefusedRecord {
  readonly record: InputRecord;
  readonly error: AppError;
  readonly masked?: Uint8Array;
  readonly maskedKey?: Uint8Array;
}

/** A transaction whose decision was stored before: the same bytes go out again. */
export interface RecalledTransaction {
  readonly received: ReceivedTransaction;
  readonly decisionBytes: Uint8Array;
}

/** A transaction seen for the first time, and what the scorer made of it. */
export interface EvaluatedTransaction {
  readonly received: ReceivedTransaction;
  readonly evaluation: Evaluation;
  /** Absent for applied types. */
  readonly decision: Decision | undefined;
  /** Value for the decisions topic; absent for applied types. */
  readonly decisionBytes: Uint8Array | undefined;
}

/** Records of one topic in processing order: of one partition, or of several in aligned replay. */
export interface Chunk {
  readonly records: readonly InputRecord[];
  readonly receivedAtMs: number;
  /** True once the partitions were given up: another member may be at the same records. */
  readonly isStale: () => boolean;
}
export type ParsedChunk = Chunk & {
  readonly received: readonly ReceivedTransaction[];
  readonly refused: readonly RefusedRecord[];
};
export type RecalledChunk = ParsedChunk & {
  readonly fresh: readonly ReceivedTransaction[];
  readonly recalled: readonly RecalledTransaction[];
  /** The same transaction again within this chunk: answered by the decision made for its first record. */
  readonly repeats: readonly ReceivedTransaction[];
};
export type EvaluatedChunk = RecalledChunk & { readonly evaluated: readonly EvaluatedTransaction[] };
export type StoredChunk = EvaluatedChunk & { readonly outputs: readonly OutputRecord[] };

/** One step of the pipeline: takes a chunk, gives it back with what it made; changes nothing in place. */
export type Step<In, Out> = (chunk: In) => Promise<Out> | Out;
