// services/scoring-api/routes/credit-score.ts: POST /v1/credit-score: an account (or card) as of a time → probability of default, points, factors, and how much is known.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { requirePortfolio } from '../../../shared/access/principal.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { CreditScorer } from '../../../shared/credit/credit-scorer.ts';
import { SCORE_RANGE } from '../../../shared/credit/score-scale.ts';
import { entityKeyOf } from '../../../shared/domain/entity.ts';
import type { EdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { AppError } from '../../../shared/errors.ts';
import { isCurrency } from '../../../shared/features/codes.ts';
import { settleBefore } from '../../../shared/lifecycle/settle-before.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { principalOf } from '../authenticate.ts';
import { creditAnswerSchema, creditBodySchema, creditFields } from '../credit-documents.ts';
import { describeRoute } from '../describe-route.ts';
import { scoreHeadersSchema } from '../documents.ts';
import { CREDIT_DEADLINE_MS, termsOf } from '../terms.ts';

export interface CreditScoreParts {
  /** Absent: no credit version is installed. */
  readonly credit: Pick<CreditScorer, 'assess'> | undefined;
  readonly store: Pick<StateStore, 'readRecords'>;
  readonly clock: Clock;
  readonly edge: EdgeSettings;
}

const headersSchema = scoreHeadersSchema.pick({ 'x-deadline-ms': true });

const INTENDED_USE =
  'Supports a decision on credit that a person answers for; not to be used for marketing, employment or insurance.';

export function registerCreditScore(server: FastifyInstance, parts: CreditScoreParts): void {
  const { credit, store, clock, edge } = parts;
  server.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/credit-score',
    bodyLimit: edge.maxRecordBytes,
    config: { scope: 'score', fields: creditFields(edge.idRule === 'strict' ? 'strict-id' : 'id') },
    schema: {
      ...describeRoute('scoreCredit', 'Probability of default of an account', 'score'),
      description: `From the account’s own history (statements, repayments, purchases) before \`asOf\`; nothing else is known of the person. Points from ${SCORE_RANGE.lowest} to ${SCORE_RANGE.highest}, higher is safer: 650 at odds of 20 to 1, every 40 points double the odds. At most four factors, fit for an adverse-action notice. A thin file is told as such. The purpose is logged.`,
      headers: headersSchema,
      body: creditBodySchema,
      response: { 200: creditAnswerSchema },
    },
    handler: async (request) => {
      const { portfolioId, accountId, cardToken, purpose, creditLimit } = request.body;
      const principal = principalOf(request);
      requirePortfolio(principal, portfolioId);
      if (!credit) throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: 'No credit version is installed.' });
      if (creditLimit && !isCurrency(creditLimit.currency)) {
        throw new AppError('FRAUD_CURRENCY_UNKNOWN', { field: 'creditLimit.currency' });
      }
      const subject =
        accountId === undefined
          ? ({ kind: 'card', key: cardToken ?? '' } as const)
          : ({ kind: 'account', key: accountId } as const);
      const asOf = new Date(request.body.asOf ?? clock.now());
      request.log.info({ purpose, caller: principal.id, portfolioId }, 'credit score asked for');
      const assess = async () => {
        const [account] = await store.readRecords([entityKeyOf({ ...subject, portfolioId })]);
        return credit.assess({ portfolioId, account, asOf, creditLimit });
      };
      const terms = termsOf(request, request.headers['x-deadline-ms'] ?? CREDIT_DEADLINE_MS, clock);
      const settled = await settleBefore(assess(), terms.deadlineAt);
      // There is no lower tier: a guess would be no reason to give anybody.
      if (!settled) throw new AppError('FRAUD_DEADLINE_PASSED');
      const assessment = settled.answer;
      return {
        ...assessment,
        factors: [...assessment.factors],
        scoreRange: { ...SCORE_RANGE },
        asOf: asOf.toISOString(),
        intendedUse: INTENDED_USE,
      };
    },
  });
}
