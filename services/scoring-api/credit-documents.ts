// services/scoring-api/credit-documents.ts: what a question about an account's credit and its answer look like.
import { z } from 'zod';
import { factorCodes } from '../../shared/credit/credit-factors.ts';
import { SCORE_RANGE } from '../../shared/credit/score-scale.ts';
import { identifierSchema } from '../../shared/domain/identifier.ts';
import type { FieldClass } from '../../shared/edge/card-number.ts';

/** Why the score is asked for: kept in the log. */
export const creditPurposes = ['application', 'limit-change', 'account-review', 'collections'] as const;

const accountIdSchema = identifierSchema.describe('The account; or `cardToken`, exactly one of them.');
const questionSchema = z.object({
  portfolioId: identifierSchema.default('default'),
  asOf: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('What happened later is not looked at. Default now.'),
  purpose: z.enum(creditPurposes),
  creditLimit: z
    .object({ amountMinor: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
    .optional()
    .describe('A fact that no transaction tells.'),
});

/** As it is documented: two questions, each with a subject of its own. */
export const creditBodySchema = z.union([
  questionSchema.extend({ accountId: accountIdSchema, cardToken: z.never().optional() }),
  questionSchema.extend({ cardToken: identifierSchema, accountId: z.never().optional() }),
]);

/** As a body is held to it: one sentence for a wrong subject, instead of two questions that both do not fit. */
export const creditEnvelopeSchema = questionSchema
  .extend({ accountId: accountIdSchema.optional(), cardToken: identifierSchema.optional() })
  .refine(({ accountId, cardToken }) => (accountId === undefined) !== (cardToken === undefined), {
    error: 'expected exactly one of accountId and cardToken',
    path: ['accountId'],
  });

export const creditAnswerSchema = z.object({
  /** Calibrated, in [0, 1]. */
  probabilityOfDefault: z.number().min(0).max(1),
  /** Higher is safer. */
  score: z.int().min(SCORE_RANGE.lowest).max(SCORE_RANGE.highest),
  scoreRange: z.object({ lowest: z.int(), highest: z.int() }),
  /** Strongest first: what raises the risk. */
  factors: z.array(z.object({ code: z.enum(factorCodes), sentence: z.string() })).max(4),
  /** `none`: nothing is known and the answer is the base rate; `thin`: fewer than three statements. */
  dataSufficiency: z.enum(['none', 'thin', 'sufficient']),
  modelVersion: z.string(),
  asOf: z.string(),
  intendedUse: z.string(),
});

/** @param idClass how ids are looked at */
export function creditFields(idClass: FieldClass): ReadonlyMap<string, FieldClass> {
  return new Map<string, FieldClass>([
    ['portfolioId', idClass],
    ['accountId', idClass],
    ['cardToken', 'card'],
    ['asOf', 'text'],
    ['purpose', 'text'],
    ['creditLimit.currency', 'text'],
  ]);
}
