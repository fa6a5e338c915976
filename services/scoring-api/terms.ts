// services/scoring-api/terms.ts: until when a request wants its answer.
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../shared/clock.ts';
import { principalOf } from './authenticate.ts';
import type { AnswerTerms } from './evaluate.ts';

/** A single transaction, unless the caller says otherwise. */
export const DEFAULT_DEADLINE_MS = 100;
export const BATCH_DEADLINE_MS = 5_000;
/** Nobody waits at a till for it. */
export const CREDIT_DEADLINE_MS = 1_000;

export function termsOf(request: FastifyRequest, deadlineMs: number, clock: Clock): AnswerTerms {
  return {
    receivedAtMs: clock.now(),
    arrivedAt: request.arrivedAt,
    deadlineAt: request.arrivedAt + deadlineMs,
    failMode: principalOf(request).failMode,
  };
}
