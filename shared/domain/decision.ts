// shared/domain/decision.ts: what was decided about one transaction, why, and by which model; the decisions topic's value.
import { z } from 'zod';
import { reasonCodes } from './reason-code.ts';

export const decisions = ['approve', 'review', 'decline'] as const;
export type DecisionVerb = (typeof decisions)[number];

/** The rung of the degrade ladder that answered; every rung is calibrated on its own. */
export const tiers = ['full', 'features-only', 'rules'] as const;
export type Tier = (typeof tiers)[number];

export const riskLevels = ['low', 'elevated', 'high', 'critical'] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** Fields of a transaction whose surprise the encoder reads, in the order of its output. */
export const surpriseFields = ['gap', 'hour', 'category', 'amount', 'entryMode', 'sameMerchant'] as const;
export type SurpriseField = (typeof surpriseFields)[number];

const reasonMethods = ['occlusion', 'surprise'] as const;

export const reasonSchema = z.object({
  code: z.enum(reasonCodes),
  /**
   * Bits. By surprise: −log₂ of how rare this is. By occlusion: log₂ of the factor by which the odds of fraud fall
   * without it (uncalibrated), negative where they rise.
   */
  contribution: z.number(),
  sentence: z.string(),
  /** What it does to the score; by occlusion only. */
  direction: z.enum(['raises', 'lowers']).optional(),
});
export type Reason = z.infer<typeof reasonSchema>;

export const modelStampSchema = z.object({
  modelVersion: z.string(),
  encoderVersion: z.string(),
  /** SHA-256 of the manifest, hex. */
  manifestDigest: z.string(),
  /** Digest of the population reference used. */
  referenceDigest: z.string(),
});
export type ModelStamp = z.infer<typeof modelStampSchema>;

/** What a list or rule does when it hits, in the order of precedence; `review` only where the model approves. */
export const ruleEffects = ['block', 'allow', 'decline', 'review'] as const;
export type RuleEffect = (typeof ruleEffects)[number];

export const ruleHitSchema = z.object({
  /** The entry's own code, from the rules file. */
  code: z.string(),
  effect: z.enum(ruleEffects),
  sentence: z.string(),
});
export type RuleHit = z.infer<typeof ruleHitSchema>;

export const ruleFindingSchema = z.object({
  /** Of the rules file and its lists (hex, 16 characters). */
  digest: z.string(),
  /** In the order of precedence: the first one decided, unless it is `review` and the model was stricter. */
  hits: z.array(ruleHitSchema),
  /** Entries in shadow mode: they changed nothing. */
  shadowHits: z.array(ruleHitSchema),
  /** Codes of rules that could not be asked: they threw, or read features while the histories were out of reach. */
  notJudged: z.array(z.string()).optional(),
});
export type RuleFinding = z.infer<typeof ruleFindingSchema>;

/** `fraud.decisions.v1`. */
export const decisionSchema = z.object({
  /** Derived from portfolio and transaction id: the same transaction always has the same decision id. */
  decisionId: z.string(),
  transactionId: z.string(),
  portfolioId: z.string(),
  cardToken: z.string(),
  /** Calibrated probability of fraud in [0, 1]; higher = riskier. */
  score: z.number().min(0).max(1),
  /** round(score × 999), for systems that take an integer. */
  scoreScaled: z.int().min(0).max(999),
  /** Label-free day-0 anomaly score: tail bits (−log₂ of the upper tail rank in past unlabelled traffic); higher = more anomalous. Absent below tier full. */
  anomalyBits: z.number().optional(),
  decision: z.enum(decisions),
  riskLevel: z.enum(riskLevels),
  /** `list`, `rule`: an entry of `rules` decided; `rule` also where tier `rules` answered. */
  decidedBy: z.enum(['model', 'rule', 'list']),
  tier: z.enum(tiers),
  /** At most four, strongest first. */
  reasonCodes: z.array(reasonSchema).max(4),
  /** Bits of surprise per field of this transaction under the state before it; absent fields were missing. */
  surprise: z.partialRecord(z.enum(surpriseFields), z.number()).optional(),
  /** Hash of everything encoder and head saw (hex, 16 characters). */
  contextDigest: z.string(),
  model: modelStampSchema,
  eventTime: z.string(),
  receivedAt: z.string(),
  decidedAt: z.string(),
  /** Milliseconds per stage. Not canonical. */
  timingsMs: z.record(z.string(), z.number()),
  /** Terminal id, or merchant id where no terminal is known; with `accountId` what late outcomes are completed with. */
  merchantKey: z.string().optional(),
  accountId: z.string().optional(),
  /** What lists and rules beside the model found; absent where none are configured. `score` and `riskLevel` stay the model's. */
  rules: ruleFindingSchema.optional(),
  /**
   * How `reasonCodes` were found. `occlusion`: each group of fields and each recent event was taken away and the rest scored again.
   * `surprise`: how rare what was seen is; for approvals, below tier full, and where time did not allow the other.
   */
  reasonsFrom: z.enum(reasonMethods).optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** `fraud.alerts.v1`: a decision a person must look at. */
export const alertSchema = decisionSchema.omit({ timingsMs: true, surprise: true }).extend({
  alertId: z.string(),
  amountMinor: z.int(),
  currency: z.string(),
  merchantId: z.string().optional(),
});
export type Alert = z.infer<typeof alertSchema>;

/** A decision without what differs between two honest evaluations of the same context: receipt times and timings. */
export function toCanonicalDecision(
  decision: Decision,
): Omit<Decision, 'receivedAt' | 'decidedAt' | 'timingsMs'> {
  const { receivedAt: _receivedAt, decidedAt: _decidedAt, timingsMs: _timings, ...canonical } = decision;
  return canonical;
}
