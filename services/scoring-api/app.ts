// services/scoring-api/app.ts: READ FIRST: builds the server from its parts and listens to nothing, so that tests inject into it.
import fastifyRateLimit from '@fastify/rate-limit';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { AnswerStore } from '../../shared/answers/answer-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CreditScorer } from '../../shared/credit/credit-scorer.ts';
import type { EdgeSettings } from '../../shared/edge/edge-settings.ts';
import { AppError } from '../../shared/errors.ts';
import type { OutcomeIntake } from '../../shared/labels/outcome-intake.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { addOpenapi } from './add-openapi.ts';
import { arrivalOf } from './admission.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { type AccessParts, createAuthentication } from './authenticate.ts';
import { addConcurrencyLimit } from './concurrency-limit.ts';
import { createDoor, type DoorOptions } from './door.ts';
import type { EraseCard } from './erase-card.ts';
import { createErrorHandler, sendProblem } from './error-handler.ts';
import type { ExplainAnswer } from './explain-answer.ts';
import { addMethodAnswers } from './method-answers.ts';
import { addBodyReader, createValidatorCompiler } from './read-body.ts';
import { registerCards } from './routes/cards.ts';
import { registerCreditScore } from './routes/credit-score.ts';
import { registerDecisions } from './routes/decisions.ts';
import { registerModels } from './routes/models.ts';
import { type OperationsParts, registerOperations } from './routes/operations.ts';
import { registerOutcomes } from './routes/outcomes.ts';
import { registerScore } from './routes/score.ts';
import { registerScoreBatch } from './routes/score-batch.ts';
import type { ScoreMany } from './score-many.ts';
import type { ScoreOnce } from './score-once.ts';

export interface ApiParts {
  readonly access: AccessParts;
  readonly door: Omit<DoorOptions, 'metrics'>;
  readonly scoreOnce: ScoreOnce;
  readonly explainAnswer: ExplainAnswer;
  readonly scoreMany: ScoreMany;
  readonly answers: AnswerStore;
  readonly store: StateStore;
  readonly registry: Registry;
  readonly eraseCard: EraseCard;
  readonly intake: OutcomeIntake | undefined;
  /** Absent: no credit version is installed. */
  readonly credit: Pick<CreditScorer, 'assess'> | undefined;
  readonly operations: Pick<OperationsParts, 'whyNotReady' | 'facts'>;
  readonly metrics: ApiMetrics;
  readonly edge: EdgeSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Requests per second of one caller. Before the body is read; routes open to all are not counted. */
async function addRateLimit(server: FastifyInstance): Promise<void> {
  await server.register(fastifyRateLimit, {
    timeWindow: 1_000,
    keyGenerator: ({ principal }: FastifyRequest) => principal?.id ?? '',
    max: ({ principal }: FastifyRequest) => principal?.ratePerSecond ?? Number.MAX_SAFE_INTEGER,
    allowList: ({ principal }: FastifyRequest) => principal === undefined,
    errorResponseBuilder: () => new AppError('FRAUD_RATE_EXCEEDED'),
    cache: 10_000,
  });
}

function measureRequests(server: FastifyInstance, metrics: ApiMetrics): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.inc({ route, status: String(reply.statusCode) });
    metrics.requestDuration.observe({ route }, reply.elapsedTime / 1000);
  });
}

/** Routes, from the outside in: how many, who, how often, what. */
export async function createApi(parts: ApiParts): Promise<FastifyInstance> {
  const { metrics, edge } = parts;
  const logger: FastifyBaseLogger = parts.log;
  const server: FastifyInstance = fastify({
    loggerInstance: logger,
    // Paths hold card tokens and ids: what is logged of a request is its route.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: edge.maxRecordBytes,
    routerOptions: { maxParamLength: 256 },
    serverFactory: createDoor({ ...parts.door, metrics }),
    frameworkErrors: (_error, _request, reply) => {
      metrics.refused.inc({ code: 'FRAUD_REQUEST_INVALID' });
      sendProblem(reply, new AppError('FRAUD_REQUEST_INVALID', { detail: 'The path is malformed.' }));
    },
  });
  server.decorateRequest('principal', undefined);
  server.decorateRequest('arrivedAt', 0);
  server.decorateRequest('needsCloserLook', false);
  server.setValidatorCompiler(createValidatorCompiler());
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler(createErrorHandler(metrics, addMethodAnswers(server)));
  addBodyReader(server, parts);
  server.addHook('onRequest', async (request) => {
    request.arrivedAt = arrivalOf(request.raw);
  });
  server.addHook('onRequest', createAuthentication(parts.access));
  addConcurrencyLimit(server);
  measureRequests(server, metrics);
  await addRateLimit(server);
  await addOpenapi(server);
  registerScore(server, parts);
  registerScoreBatch(server, parts);
  registerCreditScore(server, parts);
  registerOutcomes(server, parts);
  registerDecisions(server, parts);
  registerCards(server, parts);
  registerModels(server, parts);
  const { registry: figures } = metrics;
  registerOperations(server, {
    ...parts.operations,
    readMetrics: () => figures.metrics(),
    metricsType: figures.contentType,
  });
  return server;
}
