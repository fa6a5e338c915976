// services/scoring-api/routes/operations.ts: /livez, /readyz, /metrics: alive, ready and why not, figures; /openapi.json.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { describeRoute } from '../describe-route.ts';

export interface OperationsParts {
  /** Undefined when ready, else what is missing. */
  readonly whyNotReady: () => string | undefined;
  /** Shown with readiness: model version, provider, circuit, files that wait for the broker. */
  readonly facts: () => Readonly<Record<string, unknown>>;
  readonly readMetrics: () => Promise<string>;
  readonly metricsType: string;
}

const readinessSchema = z.looseObject({ ready: z.boolean(), why: z.string().optional() });

export function registerOperations(server: FastifyInstance, parts: OperationsParts): void {
  const typed = server.withTypeProvider<ZodTypeProvider>();
  typed.route({
    method: 'GET',
    url: '/livez',
    schema: {
      ...describeRoute('isAlive', 'Answers while the process answers'),
      response: { 200: z.object({ alive: z.boolean() }) },
    },
    handler: async () => ({ alive: true }),
  });
  typed.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      ...describeRoute('isReady', 'Whether requests should be sent here, and what runs'),
      response: { 200: readinessSchema, 503: readinessSchema },
    },
    handler: async (_request, reply) => {
      const why = parts.whyNotReady();
      const answer = { ready: !why, ...(why ? { why } : {}), ...parts.facts() };
      return reply.code(why ? 503 : 200).send(answer);
    },
  });
  typed.route({
    method: 'GET',
    url: '/metrics',
    config: { scope: 'admin' },
    schema: {
      ...describeRoute('readMetrics', 'Metrics in Prometheus’ text format', 'admin'),
      response: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } } },
    },
    handler: async (_request, reply) => reply.type(parts.metricsType).send(await parts.readMetrics()),
  });
  typed.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    handler: async (_request, reply) => reply.send(server.swagger()),
  });
}
