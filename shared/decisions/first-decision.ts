// shared/decisions/first-decision.ts: the first decision of a transaction stands: another with other bytes is refused.
import { AppError } from '../errors.ts';
import type { StoredDecision } from '../sequence/state-store.ts';

/**
 * True when `decision` is to be written; false when the same bytes are stored already.
 * @throws AppError FRAUD_STORE_CONFLICT when other bytes are: another process was first. Read again and emit those.
 */
export function isFirstDecision(decision: StoredDecision, stored: StoredDecision | undefined): boolean {
  if (stored === undefined) return true;
  if (Buffer.compare(stored.bytes, decision.bytes) === 0) return false;
  throw new AppError('FRAUD_STORE_CONFLICT', {
    detail: 'Another process decided the same transaction first.',
  });
}
