// shared/http/operations.ts: /livez, /readyz and /metrics of a process; answers from facts it is given, decides nothing.
import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** What the operations routes tell. */
export interface OperationsFacts {
  /** Undefined while alive, else the sentence that says what stands still. Liveness is progress. */
  readonly whyNotAlive: () => string | undefined;
  /** Undefined when ready, else what is missing. */
  readonly whyNotReady: () => string | undefined;
  /** Shown with readiness: provider, model version and the like. */
  readonly facts: () => Readonly<Record<string, unknown>>;
  readonly metrics: Registry;
}

/** Builds the server and listens to nothing, so that tests inject into it. */
export function createOperationsServer(operations: OperationsFacts): FastifyInstance {
  const server = fastify({ logger: false });
  server.get('/livez', (_request, reply) => {
    const why = operations.whyNotAlive();
    return reply.code(why ? 503 : 200).send({ alive: !why, ...(why ? { why } : {}) });
  });
  server.get('/readyz', (_request, reply) => {
    const why = operations.whyNotReady();
    return reply.code(why ? 503 : 200).send({ ready: !why, ...(why ? { why } : {}), ...operations.facts() });
  });
  server.get('/metrics', async (_request, reply) => {
    const body = await operations.metrics.metrics();
    return reply.type(operations.metrics.contentType).send(body);
  });
  return server;
}
