// shared/client/scoring-client.ts: typed client of the scoring API: paths, bodies and answers are checked by the compiler; retries, deadlines and idempotency are taken care of.
import { randomUUID } from 'node:crypto';
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { createRetryingFetch } from './retrying-fetch.ts';
import type { paths } from './scoring-api.ts';

export interface ScoringClientOptions {
  /** `http://host:port` */
  readonly baseUrl: string;
  /** API key or token. */
  readonly key: string;
  /** Within which the service has to answer a single transaction, ms; default its own 100. */
  readonly deadlineMs?: number;
  /** Tries beside the first one; default 3. */
  readonly retries?: number;
  /** All tries together, ms; default 5,000. */
  readonly withinMs?: number;
  /** For tests. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** `client.POST('/v1/score', { body: transaction })` → `{ data, error, response }`; `error` is the problem document. */
export type ScoringClient = Client<paths>;

/** The service needs this long to send what it has decided in time, ms. */
const SLACK_MS = 250;
const BATCH_DEADLINE_MS = 5_000;

/** Every request carries its credential; what is decided carries a deadline and a key of its own, the same in every try. */
function addHeaders({ key, deadlineMs }: ScoringClientOptions): Middleware {
  return {
    onRequest: ({ request, schemaPath }) => {
      request.headers.set('authorization', `Bearer ${key}`);
      if (!schemaPath.startsWith('/v1/score')) return request;
      if (!request.headers.has('idempotency-key')) request.headers.set('idempotency-key', randomUUID());
      if (deadlineMs !== undefined && !request.headers.has('x-deadline-ms')) {
        request.headers.set('x-deadline-ms', String(deadlineMs));
      }
      return request;
    },
  };
}

export function createScoringClient(options: ScoringClientOptions): ScoringClient {
  const { baseUrl, deadlineMs = BATCH_DEADLINE_MS, retries = 3, withinMs = 5_000 } = options;
  const client = createClient<paths>({
    baseUrl,
    fetch: createRetryingFetch({ retries, withinMs, tryMs: deadlineMs + SLACK_MS }, options.fetch),
  });
  client.use(addHeaders(options));
  return client;
}
