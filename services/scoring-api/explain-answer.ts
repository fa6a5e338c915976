// services/scoring-api/explain-answer.ts: `explain=full`: beside a decision, what every group of fields and every recent event does to its score.
import { z } from 'zod';
import { tiers } from '../../shared/domain/decision.ts';
import { reasonCodes } from '../../shared/domain/reason-code.ts';
import { compareEffects } from '../../shared/scoring/rank-effects.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { type AnswerTerms, limitsOf, type ReceivedTransaction } from './evaluate.ts';

const effectSchema = z.object({
  code: z.enum(reasonCodes),
  direction: z.enum(['raises', 'lowers']),
  /** Bits: log₂ of the factor by which the odds of fraud fall without it (uncalibrated); negative where they rise. */
  contribution: z.number(),
  /** Calibrated score without it. */
  scoreWithout: z.number().min(0).max(1),
  sentence: z.string(),
  /** Of an earlier event of the card: how many events back, and how long before, ms. */
  event: z.object({ back: z.int(), ageMs: z.number() }).optional(),
});

export const explanationSchema = z.object({
  /** Equal to the decision's: explained was what was decided. */
  contextDigest: z.string(),
  modelVersion: z.string(),
  /** Only `full` can be explained: below it, and where time did not allow it, there are no effects. */
  tier: z.enum(tiers),
  /** Of every group and recent event, the one that raises the score most first. */
  effects: z.array(effectSchema),
});
export type Explanation = z.infer<typeof explanationSchema>;

export type ExplainAnswer = (
  received: ReceivedTransaction,
  terms: AnswerTerms,
) => Promise<Explanation | undefined>;

/** Evaluates once more, as of the transaction's own place in its history: also right after it was recorded. Changes nothing. */
export function createExplainAnswer(parts: {
  readonly scorer: Pick<Scorer, 'evaluateMany'>;
  readonly store: Pick<StateStore, 'readRecords'>;
}): ExplainAnswer {
  const { scorer, store } = parts;
  return async ({ transaction, eventTimeMs }, terms) => {
    const request = { transaction, eventTimeMs, receivedAtMs: terms.receivedAtMs };
    const limits = { ...limitsOf(terms), explainsAll: true };
    const [made] = await scorer.evaluateMany([request], (keys) => store.readRecords(keys), limits);
    if (made?.kind !== 'decided') return undefined;
    const { contextDigest, model } = made.decision;
    const effects = (made.effects ?? []).toSorted(compareEffects);
    return { contextDigest, modelVersion: model.modelVersion, tier: made.tier, effects };
  };
}

/** The answer's bytes with the explanation behind its last key. */
export function withExplanation(bytes: Uint8Array, explanation: Explanation | undefined): Uint8Array {
  if (!explanation) return bytes;
  const decision = Buffer.from(bytes).toString();
  return Buffer.from(`${decision.slice(0, -1)},"explanation":${JSON.stringify(explanation)}}`);
}
