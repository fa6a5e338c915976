// services/scoring-api/recall-answer.ts: was this asked before? By the caller's key, or by the transaction; and what is kept for the next time.
import type { AnswerStore, KeptAnswer } from '../../shared/answers/answer-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import { AppError } from '../../shared/errors.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import type { ApiMetrics } from './api-metrics.ts';
import type { ScoreAnswer, ScoreCall } from './score-call.ts';

/** How long a repeat gets the stored answer. */
export const ANSWER_KEPT_MS = 24 * 3_600_000;

/** The names under which a call is known: its transaction, and the caller's key where it sent one. */
export function namesOf({ received, principal, idempotencyKey }: ScoreCall) {
  return {
    transaction: `t|${received.decisionKey}`,
    key: idempotencyKey === undefined ? undefined : `k|${principal.id}|${idempotencyKey}`,
  };
}

/** Hash of everything about the request that changes its answer. */
export function fingerprintOf({ received, isRecorded }: ScoreCall): string {
  return `${isRecorded ? 'r' : 'e'}${received.contentHash}`;
}

/** What is told when a name stands for something else: the caller's key is the narrower one. */
export function mismatchOf(call: ScoreCall): AppError {
  return call.idempotencyKey === undefined
    ? new AppError('FRAUD_TRANSACTION_CONFLICT', { field: 'transactionId' })
    : new AppError('FRAUD_IDEMPOTENCY_MISMATCH', { field: 'idempotency-key' });
}

export interface RecallAnswer {
  /** @throws AppError FRAUD_IDEMPOTENCY_MISMATCH when the key stands for another request */
  findByKey(call: ScoreCall): ScoreAnswer | undefined;
  /** @throws AppError FRAUD_TRANSACTION_CONFLICT when the id stands for another content */
  findByTransaction(call: ScoreCall): Promise<ScoreAnswer | undefined>;
  /**
   * Resolves to the bytes that stand when they would survive the end of this process.
   * @param isOnlyKey a recorded decision, or a replayed one, is found by its transaction already
   */
  keep(call: ScoreCall, bytes: Uint8Array, isOnlyKey: boolean): Promise<Uint8Array>;
}

export function createRecallAnswer(parts: {
  readonly store: Pick<StateStore, 'findDecisions'>;
  readonly answers: AnswerStore;
  readonly clock: Clock;
  readonly metrics: ApiMetrics;
  readonly tombstones: Pick<Tombstones, 'isErased'>;
}): RecallAnswer {
  const { store, answers, clock, metrics, tombstones } = parts;
  const replay = (bytes: Uint8Array): ScoreAnswer => {
    metrics.replayed.inc();
    return { bytes, isReplayed: true };
  };
  const conflict = () => new AppError('FRAUD_TRANSACTION_CONFLICT', { field: 'transactionId' });
  return {
    findByKey: (call) => {
      const { key } = namesOf(call);
      const known = key === undefined ? undefined : answers.find(key, clock.now());
      if (!known) return undefined;
      if (known.fingerprint !== fingerprintOf(call)) throw mismatchOf(call);
      return replay(known.bytes);
    },
    findByTransaction: async ({ received, isRecorded, idempotencyKey }) => {
      const [stored] = await store.findDecisions([received.decisionKey]);
      // '' in a rebuilt store whose topic did not tell the hash: any content is taken for the same.
      if (stored && stored.contentHash !== '' && stored.contentHash !== received.contentHash)
        throw conflict();
      if (stored) return replay(stored.bytes);
      const evaluated = answers.find(`t|${received.decisionKey}`, clock.now());
      if (evaluated && evaluated.fingerprint !== received.contentHash) throw conflict();
      // What was only evaluated so far is decided now; another key asks for an evaluation of its own.
      const isAnswer = evaluated && !isRecorded && idempotencyKey === undefined;
      return isAnswer ? replay(evaluated.bytes) : undefined;
    },
    keep: async (call, bytes, isOnlyKey) => {
      const { key, transaction } = namesOf(call);
      const nowMs = clock.now();
      const shared = { bytes, keepUntilMs: nowMs + ANSWER_KEPT_MS };
      const kept: KeptAnswer[] = [];
      if (key !== undefined) kept.push({ ...shared, name: key, fingerprint: fingerprintOf(call) });
      if (!isOnlyKey) kept.push({ ...shared, name: transaction, fingerprint: call.received.contentHash });
      const { portfolioId, cardToken } = call.received.transaction;
      const isErased = tombstones.isErased(portfolioId, cardToken, call.received.eventTimeMs);
      // Of an erased card nothing is kept, also when it was erased while this was answered.
      if (kept.length === 0 || isErased) return bytes;
      const [standing] = await answers.keep(kept, nowMs);
      if (standing && standing.fingerprint !== kept[0]?.fingerprint) throw mismatchOf(call);
      return standing?.bytes ?? bytes;
    },
  };
}
