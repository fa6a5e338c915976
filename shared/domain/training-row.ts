// shared/domain/training-row.ts: one decided transaction as it was scored: packed context, features, readings, digests.
import { z } from 'zod';
import { tiers } from './decision.ts';

/** `fraud.training-rows.v1`. Binary fields are base64 of little-endian bytes. Applied events travel too, with `context` = their own packed event only and no score. */
export const trainingRowSchema = z.object({
  transactionId: z.string(),
  portfolioId: z.string(),
  cardToken: z.string(),
  accountId: z.string().optional(),
  merchantKey: z.string().optional(),
  /** Clearings, reversals, refunds: the transaction they belong to. A clearing whose original is in the history is not appended again. */
  originalTransactionId: z.string().optional(),
  /** The token this card replaces; its history was taken over. */
  replacesCardToken: z.string().optional(),
  eventTime: z.string(),
  decided: z.boolean(),
  /** Input position of the record: `<topic>-<partition>@<offset>`. */
  inputOffset: z.string(),
  /** Packed events, oldest first, the transaction's own last (48 bytes each). */
  context: z.base64(),
  /** Float32 features in the order of `featureVersion`. */
  features: z.base64().optional(),
  /** Float32 readings in the order of the encoder's manifest; a cache that re-encoding reproduces within 1e-4. */
  readings: z.base64().optional(),
  rawScore: z.number().optional(),
  score: z.number().optional(),
  tier: z.enum(tiers).optional(),
  labelAsKnown: z.enum(['fraud', 'genuine', 'unknown']).default('unknown'),
  contextDigest: z.string().optional(),
  featureVersion: z.string(),
  encoderVersion: z.string().optional(),
  modelVersion: z.string().optional(),
  referenceDigest: z.string().optional(),
});
export type TrainingRow = z.infer<typeof trainingRowSchema>;
