// services/scoring-api/evaluate.ts: parsed transactions → decisions of the one scorer, in time, with the caller's choice for degraded answers.
import type { FailMode } from '../../shared/access/principal.ts';
import { contentHashOf } from '../../shared/decisions/content-hash.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { countRuleHits } from '../../shared/rules/rule-metrics.ts';
import type { EvaluationLimits } from '../../shared/scoring/deadline.ts';
import type { Evaluation, Scorer } from '../../shared/scoring/scorer.ts';
import type { ReadRecords } from '../../shared/scoring/working-records.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import type { ApiMetrics } from './api-metrics.ts';
import type { Recordable } from './recorder.ts';

/** A transaction from a request, parsed and judged. */
export interface ReceivedTransaction {
  readonly transaction: Transaction;
  readonly eventTimeMs: number;
  readonly decisionKey: string;
  readonly contentHash: string;
}

export function toReceived(transaction: Transaction, eventTimeMs: number): ReceivedTransaction {
  return {
    transaction,
    eventTimeMs,
    decisionKey: `${transaction.portfolioId}|${transaction.transactionId}`,
    contentHash: contentHashOf(transaction),
  };
}

/** When an answer has to be there and what it may be. Instants of `performance.now()`. */
export interface AnswerTerms {
  readonly receivedAtMs: number;
  readonly arrivedAt: number;
  readonly deadlineAt: number;
  readonly failMode: FailMode;
}

/** Kept for writing, storing and sending the answer after the readings: a fifth of the time, a quarter of a second at most. */
const MARGIN_SHARE = 0.2;
const MOST_MARGIN_MS = 250;
/** Share of the time that reading the histories may take. */
const HISTORY_SHARE = 0.5;

/** How long histories and encoder may take. */
export function limitsOf({ arrivedAt, deadlineAt }: AnswerTerms): EvaluationLimits {
  const budgetMs = deadlineAt - arrivedAt;
  return {
    historyBy: arrivedAt + budgetMs * HISTORY_SHARE,
    encodedBy: deadlineAt - Math.min(MOST_MARGIN_MS, budgetMs * MARGIN_SHARE),
  };
}

/** `closed`: what only the rules could judge is not approved, unless an allow list says so: it would have, whatever the model answered. */
function underFailMode(decision: Decision, failMode: FailMode): Decision {
  const { tier, decidedBy } = decision;
  const isUnsure = tier === 'rules' && decidedBy !== 'list' && decision.decision === 'approve';
  return isUnsure && failMode === 'closed' ? { ...decision, decision: 'review' } : decision;
}

export type Evaluate = (
  received: readonly ReceivedTransaction[],
  terms: AnswerTerms,
) => Promise<Recordable[]>;

/** Changes nothing. Transactions see those before them in the same call. */
export function createEvaluate(parts: {
  readonly scorer: Pick<Scorer, 'evaluateMany'>;
  readonly store: Pick<StateStore, 'readRecords'>;
  readonly metrics: ApiMetrics;
}): Evaluate {
  const { scorer, store, metrics } = parts;
  const toRecordable = (
    received: ReceivedTransaction,
    evaluation: Evaluation,
    failMode: FailMode,
  ): Recordable => {
    const { decisionKey, contentHash } = received;
    if (evaluation.kind === 'applied')
      return { evaluation, decisionKey, contentHash, decisionBytes: undefined };
    const decision = underFailMode(evaluation.decision, failMode);
    metrics.decided.inc({ decision: decision.decision, tier: decision.tier });
    countRuleHits(metrics, decision.rules);
    const decisionBytes = Buffer.from(JSON.stringify(decision));
    return { evaluation: { ...evaluation, decision }, decisionKey, contentHash, decisionBytes };
  };
  return async (received, terms) => {
    const { receivedAtMs, failMode } = terms;
    const requests = received.map(({ transaction, eventTimeMs }) => ({
      transaction,
      eventTimeMs,
      receivedAtMs,
    }));
    const readRecords: ReadRecords = (keys) => store.readRecords(keys);
    const evaluations = await scorer.evaluateMany(requests, readRecords, limitsOf(terms));
    return evaluations.flatMap((evaluation, index) => {
      const one = received[index];
      return one ? [toRecordable(one, evaluation, failMode)] : [];
    });
  };
}
