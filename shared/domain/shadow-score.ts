// shared/domain/shadow-score.ts: what versions that decide nothing would have said about one decided transaction.
import { z } from 'zod';
import { decisions } from './decision.ts';

/** `fraud.shadow-scores.v1`, keyed by card. Best effort: some are missing, none is sent twice on purpose, nothing waits for them. */
export const shadowScoreSchema = z.object({
  decisionId: z.string(),
  transactionId: z.string(),
  portfolioId: z.string(),
  cardToken: z.string(),
  eventTime: z.string(),
  /** Who decided, and how: the decision that stands. */
  decided: z.object({
    modelVersion: z.string(),
    /** Calibrated probability of fraud in [0, 1]. */
    score: z.number().min(0).max(1),
    decision: z.enum(decisions),
  }),
  /** Versions that shared one pass of an encoder; a version with another encoder has a record of its own. */
  shadows: z
    .array(
      z.object({
        modelVersion: z.string(),
        /** Calibrated by the version's own calibrator. */
        score: z.number().min(0).max(1),
        /** What it would have decided, by its own thresholds. */
        decision: z.enum(decisions),
      }),
    )
    .min(1),
});
export type ShadowScore = z.infer<typeof shadowScoreSchema>;
