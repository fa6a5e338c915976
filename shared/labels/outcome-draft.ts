// shared/labels/outcome-draft.ts: an outcome whose sender may know no more of the payment than its id, checked and completed.
import { z } from 'zod';
import { type Outcome, outcomeSchema } from '../domain/outcome.ts';
import type { EdgeSettings } from '../edge/edge-settings.ts';
import { parseOutcome } from '../edge/parse-outcome.ts';
import { AppError } from '../errors.ts';
import type { TransactionFacts } from './find-transactions.ts';

/** `outcomeSchema` without what the edge can look up. */
export const outcomeDraftSchema = outcomeSchema.partial({ cardToken: true, transactionTime: true });
export type OutcomeDraft = z.infer<typeof outcomeDraftSchema>;

/** True when nothing has to be looked up. */
export function isComplete(draft: OutcomeDraft): draft is Outcome {
  return draft.cardToken !== undefined && draft.transactionTime !== undefined;
}

/** What the sender said stands; the rest is filled in. */
export function completeDraft(draft: OutcomeDraft, facts: TransactionFacts): Outcome {
  return {
    ...draft,
    cardToken: draft.cardToken ?? facts.cardToken,
    transactionTime: draft.transactionTime ?? facts.transactionTime,
    merchantKey: draft.merchantKey ?? facts.merchantKey,
    accountId: draft.accountId ?? facts.accountId,
  };
}

/**
 * Holds a draft to the rules of the edge (times, formats, no card number), whatever it still lacks.
 * @throws AppError of kind `data` that names the field
 */
export function checkDraft(draft: unknown, nowMs: number, edge: EdgeSettings): OutcomeDraft {
  const parsed = outcomeDraftSchema.safeParse(draft);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('FRAUD_FIELD_INVALID', {
      field: issue?.path.join('.') || 'outcome',
      detail: issue?.message ?? z.prettifyError(parsed.error),
    });
  }
  const { cardToken = 'looked-up-later', labeledAt, transactionTime = labeledAt } = parsed.data;
  const whole = { ...parsed.data, cardToken, transactionTime };
  const checked = parseOutcome(Buffer.from(JSON.stringify(whole)), Buffer.from(cardToken), nowMs, edge);
  if (checked.kind === 'invalid') throw checked.error;
  return parsed.data;
}
