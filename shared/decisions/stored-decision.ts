// shared/decisions/stored-decision.ts: a decision as the store keeps it: its bytes, the hash of what was decided, and for how long.
import type { DecisionVerb } from '../domain/decision.ts';
import type { StoredDecision } from '../sequence/state-store.ts';

/** How long decisions are remembered, ms: those that alerted until their latest label, the rest until nobody retries. */
export interface DecisionRetention {
  readonly quietMs: number;
  readonly alertedMs: number;
}

export function toStoredDecision(
  decided: Pick<StoredDecision, 'decisionKey' | 'contentHash' | 'bytes'> & {
    readonly decision: DecisionVerb;
  },
  nowMs: number,
  retention: DecisionRetention,
): StoredDecision {
  const { decisionKey, contentHash, bytes, decision } = decided;
  const keepMs = decision === 'approve' ? retention.quietMs : retention.alertedMs;
  return { decisionKey, contentHash, bytes, keepUntilMs: nowMs + keepMs };
}
