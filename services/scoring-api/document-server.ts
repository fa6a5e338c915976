// services/scoring-api/document-server.ts: the routes without anything behind them: enough for their document.
import type { FastifyInstance } from 'fastify';
import { systemClock } from '../../shared/clock.ts';
import { defaultEdgeSettings } from '../../shared/edge/edge-settings.ts';
import { AppError } from '../../shared/errors.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { createApiMetrics } from './api-metrics.ts';
import { type ApiParts, createApi } from './app.ts';

const nobody = async (): Promise<never> => {
  throw new AppError('FRAUD_UNEXPECTED', { detail: 'This server only describes itself.' });
};

/** A server of these parts answers nobody; replace those that shall answer. */
export const partsWithNothingBehind = (): ApiParts => ({
  access: {
    keys: {
      verify: () => {
        throw new AppError('FRAUD_CREDENTIAL_INVALID');
      },
    },
  },
  door: { requestsInHand: 1, requestTimeoutMs: 1_000 },
  scoreOnce: nobody,
  explainAnswer: nobody,
  scoreMany: nobody,
  answers: {
    find: () => undefined,
    keep: nobody,
    eraseMentions: nobody,
    prune: nobody,
    close: async () => {},
  },
  store: createMemoryStateStore(),
  registry: new MemoryRegistry(),
  eraseCard: nobody,
  intake: undefined,
  credit: undefined,
  operations: { whyNotReady: () => undefined, facts: () => ({}) },
  metrics: createApiMetrics(),
  edge: defaultEdgeSettings,
  clock: systemClock,
  log: createLogger('scoring-api', 'silent'),
});

/** Ready, listening to nothing. */
export async function createDocumentServer(): Promise<FastifyInstance> {
  const server = await createApi(partsWithNothingBehind());
  await server.ready();
  return server;
}
