// shared/replay/fraud-outcome.ts: the fraud label of a file's row as the outcome that a label feed would have sent.
import type { Outcome } from '../domain/outcome.ts';
import { merchantKeyOf, type Transaction } from '../domain/transaction.ts';

/** What the file, or its mapping, tells of a label. */
export interface FraudEvidence {
  readonly kind: Outcome['kind'];
  readonly fraudType?: Outcome['fraudType'];
  readonly source: string;
}

/** @param labeledAtMs when it became known */
export function toFraudOutcome(
  transaction: Transaction,
  labeledAtMs: number,
  { kind, fraudType, source }: FraudEvidence,
): Outcome {
  const { transactionId, portfolioId, cardToken, accountId, eventTime } = transaction;
  const merchantKey = merchantKeyOf(transaction);
  return {
    outcomeId: transactionId,
    action: 'new',
    kind,
    transactionId,
    portfolioId,
    cardToken,
    transactionTime: eventTime,
    ...(merchantKey !== undefined && { merchantKey }),
    ...(accountId !== undefined && { accountId }),
    label: 'fraud',
    ...(fraudType && { fraudType }),
    labeledAt: new Date(labeledAtMs).toISOString(),
    source,
  };
}
