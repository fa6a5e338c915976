// shared/decisions/first-decision.ts: the first decision of a transaction stands: another with other bytes is refused.
import { AppError } from '../errors.ts';
import type { StoredDecision } from '../sequence/state-store.ts';

/**
 * True when `decision` is to be written; false when the same bytes are stored already.
 * @throws AppError FRAUD_STORE_CONFLICT when other bytes are: another process was first. Read again and emit those.
 */
function isFirstDecision(decision: StoredDecision, stored: StoredDecision | undefined): boolean {
  if (stored === undefined) return true;
  if (Buffer.compare(stored.bytes, decision.bytes) === 0) return false;
  throw new AppError('FRAUD_STORE_CONFLICT', {
    detail: 'Another process decided the same transaction first.',
  });
}

/** The decisions that are to be written, in order, each id once. @throws AppError FRAUD_STORE_CONFLICT */
export function selectFirst(
  decisions: readonly StoredDecision[],
  find: (decisionKey: string) => StoredDecision | undefined,
): StoredDecision[] {
  const first = new Map<string, StoredDecision>();
  for (const decision of decisions) {
    const stored = first.get(decision.decisionKey) ?? find(decision.decisionKey);
    if (isFirstDecision(decision, stored)) first.set(decision.decisionKey, decision);
  }
  return [...first.values()];
}
