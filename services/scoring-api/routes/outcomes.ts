// services/scoring-api/routes/outcomes.ts: POST /v1/outcomes: what became of payments: completed, parked until their payment is known, or refused; idempotent.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { mayUsePortfolio, type Principal } from '../../../shared/access/principal.ts';
import type { EdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { outcomeClasses, outcomeUnknownFields } from '../../../shared/edge/field-classes.ts';
import { inspectStrings } from '../../../shared/edge/inspect-strings.ts';
import { isObject } from '../../../shared/edge/read-object.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Admitted, OutcomeIntake } from '../../../shared/labels/outcome-intake.ts';
import { principalOf } from '../authenticate.ts';
import { describeRoute } from '../describe-route.ts';
import { BATCH_LIMIT, outcomeReceiptSchema, outcomesBodySchema } from '../documents.ts';
import { toItemProblem } from './score-batch.ts';

export interface OutcomesParts {
  /** Absent: this service has no broker. */
  readonly intake: OutcomeIntake | undefined;
  readonly edge: EdgeSettings;
}

const BODY_LIMIT = BATCH_LIMIT * 2_048;

const portfolioOf = (draft: Readonly<Record<string, unknown>>): string =>
  typeof draft.portfolioId === 'string' ? draft.portfolioId : 'default';

export function registerOutcomes(server: FastifyInstance, { intake, edge }: OutcomesParts): void {
  const classes = outcomeClasses(edge.idRule === 'strict' ? 'strict-id' : 'id');
  /** Why a draft is not even shown to the intake. */
  const refuse = (draft: unknown, principal: Principal, needsCloserLook: boolean): AppError | undefined => {
    if (!isObject(draft)) return new AppError('FRAUD_RECORD_NOT_JSON', { detail: 'Expected an object.' });
    if (!mayUsePortfolio(principal, portfolioOf(draft))) {
      return new AppError('FRAUD_PORTFOLIO_FORBIDDEN', { field: 'portfolioId' });
    }
    try {
      if (needsCloserLook) inspectStrings(draft, classes);
      return undefined;
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };
  const toReceipt = (draft: unknown, admitted: Admitted) => {
    if (admitted.kind === 'refused') return { error: toItemProblem(admitted.error) };
    const outcomeId = isObject(draft) ? String(draft.outcomeId) : '';
    return { outcomeId, status: admitted.kind === 'sent' ? ('accepted' as const) : ('parked' as const) };
  };
  server.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/outcomes',
    bodyLimit: BODY_LIMIT,
    config: {
      scope: 'outcome',
      countUnknownFields: (object) =>
        Array.isArray(object.outcomes)
          ? object.outcomes.reduce(
              (sum: number, one) => sum + (isObject(one) ? outcomeUnknownFields(one) : 0),
              0,
            )
          : 0,
    },
    schema: {
      ...describeRoute('reportOutcomes', 'Report what became of payments', 'outcome'),
      description:
        'Chargebacks, fraud reports, verdicts and account outcomes. The card and the time of the payment are looked up where they are left out; evidence about a payment that nobody has seen yet is parked for 30 days. Sending the same outcome again changes nothing.',
      body: outcomesBodySchema,
      response: { 202: outcomeReceiptSchema },
    },
    handler: async (request, reply) => {
      if (!intake) throw new AppError('FRAUD_RECORDING_UNAVAILABLE');
      const principal = principalOf(request);
      const drafts: readonly unknown[] = request.body.outcomes;
      const refusals = drafts.map((draft) => refuse(draft, principal, request.needsCloserLook));
      const admitted = await intake.admit(drafts.filter((_, index) => refusals[index] === undefined));
      let next = 0;
      const receipts = drafts.map((draft, index) => {
        const error = refusals[index];
        const one = error ? ({ kind: 'refused', error } as const) : admitted[next++];
        return toReceipt(draft, one ?? { kind: 'parked' });
      });
      return reply.code(202).send({ receipts });
    },
  });
}
