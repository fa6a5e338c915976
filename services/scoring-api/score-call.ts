// services/scoring-api/score-call.ts: one request to score one transaction, and its answer.
import type { Principal } from '../../shared/access/principal.ts';
import type { AnswerTerms, ReceivedTransaction } from './evaluate.ts';

export interface ScoreCall {
  readonly received: ReceivedTransaction;
  readonly terms: AnswerTerms;
  readonly isRecorded: boolean;
  readonly principal: Principal;
  readonly idempotencyKey: string | undefined;
}

export interface ScoreAnswer {
  /** The decision, the same bytes for every repeat. */
  readonly bytes: Uint8Array;
  readonly isReplayed: boolean;
}
