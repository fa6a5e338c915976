// services/scoring-api/routes/score.ts: POST /v1/score: one transaction → the decision document of the stream.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { requirePortfolio } from '../../../shared/access/principal.ts';
import type { Clock } from '../../../shared/clock.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import type { EdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { transactionClasses, transactionUnknownFields } from '../../../shared/edge/field-classes.ts';
import { judgeTransaction } from '../../../shared/edge/parse-transaction.ts';
import { principalOf } from '../authenticate.ts';
import { describeRoute } from '../describe-route.ts';
import { scoreAnswerSchema, scoreHeadersSchema, scoreQuerySchema } from '../documents.ts';
import { toReceived } from '../evaluate.ts';
import { type ExplainAnswer, withExplanation } from '../explain-answer.ts';
import type { ScoreOnce } from '../score-once.ts';
import { sendJson } from '../send-json.ts';
import { DEFAULT_DEADLINE_MS, termsOf } from '../terms.ts';

export interface ScoreParts {
  readonly scoreOnce: ScoreOnce;
  readonly explainAnswer: ExplainAnswer;
  readonly clock: Clock;
  readonly edge: EdgeSettings;
}

/** Whether the bytes are those of an earlier answer. */
export const REPLAYED_HEADER = 'x-replayed';

export function registerScore(
  server: FastifyInstance,
  { scoreOnce, explainAnswer, clock, edge }: ScoreParts,
): void {
  server.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/score',
    bodyLimit: edge.maxRecordBytes,
    config: {
      scope: 'score',
      fields: transactionClasses(edge.idRule === 'strict' ? 'strict-id' : 'id'),
      countUnknownFields: transactionUnknownFields,
    },
    schema: {
      ...describeRoute('scoreOne', 'Score one transaction', 'score'),
      description:
        'Evaluates an authorization or transfer in the history of its card and answers with the decision. By default nothing is changed. With `record=true` the transaction is decided once, becomes part of the history and is produced to the topics, where the stream emits this very decision.',
      headers: scoreHeadersSchema,
      querystring: scoreQuerySchema,
      body: transactionSchema,
      response: { 200: scoreAnswerSchema },
    },
    handler: async (request, reply) => {
      const { body: transaction, headers, query } = request;
      const principal = principalOf(request);
      requirePortfolio(principal, transaction.portfolioId);
      const received = toReceived(transaction, judgeTransaction(transaction, clock.now(), edge));
      const terms = termsOf(request, headers['x-deadline-ms'] ?? DEFAULT_DEADLINE_MS, clock);
      const { bytes, isReplayed } = await scoreOnce({
        received,
        terms,
        isRecorded: query.record === 'true',
        principal,
        idempotencyKey: headers['idempotency-key'],
      });
      if (isReplayed) reply.header(REPLAYED_HEADER, 'true');
      const explanation = query.explain === 'full' ? await explainAnswer(received, terms) : undefined;
      sendJson(reply, withExplanation(bytes, explanation));
      return reply;
    },
  });
}
