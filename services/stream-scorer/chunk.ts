// services/stream-scorer/chunk.ts: records handled together on their way from input to acknowledged output.
import type { ParseResult } from '../../shared/domain/parse-transaction.ts';
import type { InputRecord, OutputRecord } from '../../shared/kafka/records.ts';
import type { Evaluation } from '../../shared/scoring/scorer.ts';

/** A record that was parsed at the edge; from here on only `parsed` is read. */
export interface ParsedRecord {
  readonly record: InputRecord;
  readonly parsed: ParseResult;
}

/** A transaction seen before: its decision's bytes as they were stored. */
export interface RecalledDecision {
  readonly parsed: ParsedRecord;
  readonly bytes: Uint8Array;
}

/** A record that is answered by a dead letter. */
export interface RefusedRecord {
  readonly record: InputRecord;
  readonly output: OutputRecord;
  readonly reason: string;
}

/** One evaluated transaction with the record that carried it and the hash of its content. */
export interface EvaluatedRecord {
  readonly parsed: ParsedRecord;
  readonly evaluation: Evaluation;
  readonly contentHash: string;
}

/** Each step takes a chunk and gives it back with what it made; nothing is changed in place. */
export interface Chunk {
  /** In processing order; of one partition in live mode, of several in aligned replay. */
  readonly records: readonly InputRecord[];
  readonly receivedAtMs: number;
}
export type ParsedChunk = Chunk & { readonly parsed: readonly ParsedRecord[]; readonly refused: readonly RefusedRecord[] };
export type RecalledChunk = ParsedChunk & {
  /** First sight of these transactions. */
  readonly fresh: readonly { readonly parsed: ParsedRecord; readonly contentHash: string }[];
  readonly recalled: readonly RecalledDecision[];
  /** Repeats within this chunk: answered by the decision made for their first record. */
  readonly repeats: readonly { readonly parsed: ParsedRecord; readonly decisionKey: string }[];
};
export type EvaluatedChunk = RecalledChunk & { readonly evaluated: readonly EvaluatedRecord[] };
export type StoredChunk = EvaluatedChunk & { readonly outputs: readonly OutputRecord[] };
