// services/scoring-api/documents.ts: what requests and answers look like; validation, types and the OpenAPI document all come from here.
import { z } from 'zod';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { identifierSchema } from '../../shared/domain/identifier.ts';
import { transactionSchema } from '../../shared/domain/transaction.ts';
import { isObject } from '../../shared/edge/read-object.ts';
import { problemSchema } from '../../shared/http/problem.ts';
import { outcomeDraftSchema } from '../../shared/labels/outcome-draft.ts';
import { explanationSchema } from './explain-answer.ts';

/** Most transactions of one batch. */
export const BATCH_LIMIT = 1_000;

export const scoreHeadersSchema = z.object({
  'x-deadline-ms': z.coerce
    .number()
    .int()
    .min(10)
    .max(60_000)
    .optional()
    .describe(
      'Milliseconds within which an answer of some tier has to be there. Default 100; batches 5,000; credit 1,000.',
    ),
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,64}$/, 'expected 1 to 64 printable ASCII characters without a space')
    .optional()
    .describe(
      'The same key and body get the same answer for 24 hours; another body under the key is refused.',
    ),
});

export const recordQuerySchema = z.object({
  record: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: decided once, stored, and part of the history from now on. false: evaluated only.'),
});

export const scoreQuerySchema = recordQuerySchema.extend({
  explain: z
    .enum(['reasons', 'full'])
    .default('reasons')
    .describe(
      'full: beside the decision, what every group of fields and every recent event does to its score. Takes as long again; give it time.',
    ),
});

export const scoreAnswerSchema = decisionSchema.extend({
  /** With `explain=full`. */
  explanation: explanationSchema.optional(),
});

export const portfolioQuerySchema = z.object({
  portfolioId: identifierSchema.default('default').describe('Portfolio of the card or transaction.'),
});

export const cardParamsSchema = z.object({ cardToken: identifierSchema });
export const transactionParamsSchema = z.object({ transactionId: identifierSchema });

/** Items are judged one by one: a batch with a bad one is answered, not refused. */
export const batchBodySchema = z.object({
  transactions: z
    .array(
      z.union([transactionSchema, z.looseObject({}).describe('Anything else is answered with its error.')]),
    )
    .min(1)
    .max(BATCH_LIMIT),
});
/** Kept as it came: its strings are looked at before anything is left out. */
const anyObject = z.unknown().refine(isObject, 'expected an object');

/** What Fastify checks of a batch before its items are looked at. */
export const batchEnvelopeSchema = z.object({ transactions: z.array(anyObject).min(1).max(BATCH_LIMIT) });

export const itemProblemSchema = problemSchema.pick({
  code: true,
  title: true,
  detail: true,
  field: true,
  advice: true,
});

export const batchAnswerSchema = z.object({
  /** In the order of `transactions`. */
  answers: z.array(
    z.union([
      z.object({ decision: decisionSchema }),
      z.object({ applied: z.object({ transactionId: z.string() }) }),
      z.object({ error: itemProblemSchema }),
    ]),
  ),
});

export const outcomeSoFarSchema = z.object({
  label: z.enum(['fraud', 'genuine']),
  /** When it became known, to the hour. */
  knownAt: z.string(),
});

export const storedDecisionSchema = z.object({
  decision: decisionSchema,
  /** Hash of the transaction it answers. */
  contentHash: z.string(),
  /** When it may be forgotten. */
  keptUntil: z.string(),
  outcome: outcomeSoFarSchema.optional(),
});

export const cardSummarySchema = z.object({
  cardToken: z.string(),
  portfolioId: z.string(),
  /** Events of every type so far, those no longer held in detail included. */
  events: z.int(),
  firstSeenAt: z.string().optional(),
  lastSeenAt: z.string().optional(),
  /** Newest first: what the encoder sees of them. */
  recent: z.array(
    z.object({
      at: z.string(),
      type: z.string(),
      /** Over the median of its currency in the portfolio. */
      amountOverMedian: z.number(),
      entryMode: z.string().optional(),
      outcome: outcomeSoFarSchema.optional(),
    }),
  ),
  /** Totals by day (UTC), newest first. */
  days: z.array(
    z.object({ day: z.string(), transactions: z.int(), amountOverMedian: z.number(), knownFrauds: z.int() }),
  ),
});

export const erasureReceiptSchema = z.object({
  receiptId: z.string(),
  erasedAt: z.string(),
  /** What was removed, by place. */
  removed: z.record(z.string(), z.int()),
  /** When retention will have removed the rest from the topics. */
  topicsEmptyBy: z.string(),
  /** Versions whose training data may have held the card: their weights keep no card. */
  modelVersions: z.array(z.string()),
  /** What is kept: totals of merchants and accounts, which name no card. */
  note: z.string(),
});

export const modelSummarySchema = z.object({
  modelVersion: z.string(),
  createdAt: z.string(),
  encoderVersion: z.string(),
  featureVersion: z.string(),
  aliases: z.array(z.string()),
});

export const modelDetailSchema = modelSummarySchema.extend({
  manifestDigest: z.string(),
  thresholds: z.object({ reviewAbove: z.number(), declineAbove: z.number() }),
  /** Markdown. */
  modelCard: z.string(),
});

export const outcomeReceiptSchema = z.object({
  receipts: z.array(
    z.union([
      z.object({ outcomeId: z.string(), status: z.enum(['accepted', 'parked']) }),
      z.object({ error: itemProblemSchema }),
    ]),
  ),
});

/** Judged one by one, like a batch of transactions. */
export const outcomesBodySchema = z.object({
  outcomes: z
    .array(
      z.union([outcomeDraftSchema, z.looseObject({}).describe('Anything else is answered with its error.')]),
    )
    .min(1)
    .max(BATCH_LIMIT),
});
export const outcomesEnvelopeSchema = z.object({ outcomes: z.array(anyObject).min(1).max(BATCH_LIMIT) });
