// shared/scoring/decide.ts: score + thresholds → decision, risk level and the derived decision id.
import { hash } from 'node:crypto';
import type { DecisionVerb, RiskLevel } from '../domain/decision.ts';
import type { Thresholds } from '../registry/manifest.ts';

/** Places kept of a score: far below what two honest evaluations may differ by (1e-5), far above float noise. */
const SCORE_UNIT = 1e8;

/** First 32 hex characters of SHA-256 over `portfolioId|transactionId`: the same transaction always has the same decision id. */
export function toDecisionId(portfolioId: string, transactionId: string): string {
  return hash('sha256', `${portfolioId}|${transactionId}`, 'hex').slice(0, 32);
}

/** A score as it is written down. */
export function roundScore(score: number): number {
  return Math.round(score * SCORE_UNIT) / SCORE_UNIT;
}

/** Scores at or above a threshold belong to it. */
export function toDecisionVerb(score: number, { reviewAbove, declineAbove }: Thresholds): DecisionVerb {
  if (score >= declineAbove) return 'decline';
  return score >= reviewAbove ? 'review' : 'approve';
}

/** Risk level by its lower bounds. */
export function toRiskLevel(score: number, { riskLevels }: Thresholds): RiskLevel {
  if (score >= riskLevels.critical) return 'critical';
  if (score >= riskLevels.high) return 'high';
  return score >= riskLevels.elevated ? 'elevated' : 'low';
}
