// shared/sequence/label-marks.ts: an outcome → label marks for every history that holds the labelled transaction.
import { entityKeyOf } from '../domain/entity.ts';
import type { Outcome } from '../domain/outcome.ts';
import { isFraudDispute } from '../labels/dispute-codes.ts';
import { hashTransactionId } from './id-hash.ts';
import { LABELS } from './packed-event.ts';
import type { MarkLabel } from './state-store.ts';

const labelNumbers: Readonly<Partial<Record<Outcome['label'], number>>> = {
  fraud: LABELS.fraud,
  genuine: LABELS.genuine,
};

/** What an outcome says of its transaction; undefined when it says nothing about fraud. A withdrawn piece takes its label back. */
function labelOf({ action, kind, label, disputeReasonCode }: Outcome): number | undefined {
  if (action === 'duplicate') return undefined;
  if (kind === 'chargeback' && disputeReasonCode !== undefined && isFraudDispute(disputeReasonCode) === false)
    return undefined;
  return action === 'close' && labelNumbers[label] !== undefined ? LABELS.unknown : labelNumbers[label];
}

/**
 * Marks for card, merchant and account; account outcomes (default, paid) mark nothing. Histories hold one label per event and no evidence:
 * the latest record counts, while training sets resolve all of it (labels/precedence.md).
 */
export function labelMarksOf(outcome: Outcome): MarkLabel[] {
  const label = labelOf(outcome);
  if (label === undefined) return [];
  const { portfolioId, cardToken, merchantKey, accountId, transactionId } = outcome;
  const position = { timeMs: Date.parse(outcome.transactionTime), ...hashTransactionId(transactionId) };
  const knownAtMs = Date.parse(outcome.labeledAt);
  const keys = [entityKeyOf({ kind: 'card', portfolioId, key: cardToken })];
  if (merchantKey !== undefined) keys.push(entityKeyOf({ kind: 'merchant', portfolioId, key: merchantKey }));
  if (accountId !== undefined) keys.push(entityKeyOf({ kind: 'account', portfolioId, key: accountId }));
  return keys.map((entityKey) => ({ entityKey, ...position, label, knownAtMs, amount: 0 }));
}
