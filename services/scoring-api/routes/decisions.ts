// services/scoring-api/routes/decisions.ts: GET /v1/decisions/{transactionId}: what was decided, by which version, and what became of it.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { requirePortfolio } from '../../../shared/access/principal.ts';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { entityKeyOf } from '../../../shared/domain/entity.ts';
import { AppError } from '../../../shared/errors.ts';
import { hashTransactionId } from '../../../shared/sequence/id-hash.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { principalOf } from '../authenticate.ts';
import { describeRoute } from '../describe-route.ts';
import { portfolioQuerySchema, storedDecisionSchema, transactionParamsSchema } from '../documents.ts';
import { outcomeOf } from '../outcome-so-far.ts';

export function registerDecisions(
  server: FastifyInstance,
  { store }: { readonly store: Pick<StateStore, 'findDecisions' | 'readRecords'> },
): void {
  server.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/decisions/:transactionId',
    config: { scope: 'read' },
    schema: {
      ...describeRoute('readDecision', 'What was decided about a transaction', 'read'),
      description:
        'The stored decision of the stream or of `record=true`, the digests of what it was decided from, and its label as far as it is known. Evaluations are not stored here.',
      params: transactionParamsSchema,
      querystring: portfolioQuerySchema,
      response: { 200: storedDecisionSchema },
    },
    handler: async (request) => {
      const { transactionId } = request.params;
      const { portfolioId } = request.query;
      requirePortfolio(principalOf(request), portfolioId);
      const [stored] = await store.findDecisions([`${portfolioId}|${transactionId}`]);
      if (!stored) throw new AppError('FRAUD_DECISION_NOT_FOUND');
      const decision = decisionSchema.parse(JSON.parse(Buffer.from(stored.bytes).toString()));
      const [record] = await store.readRecords([
        entityKeyOf({ kind: 'card', portfolioId, key: decision.cardToken }),
      ]);
      const outcome = outcomeOf(record, hashTransactionId(transactionId));
      const { contentHash, keepUntilMs } = stored;
      const keptUntil = new Date(keepUntilMs).toISOString();
      return { decision, contentHash, keptUntil, ...(outcome ? { outcome } : {}) };
    },
  });
}
