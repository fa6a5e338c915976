// services/scoring-api/door.ts: how many requests are in hand; one too many is answered 429 before anything of it is read.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { AppError } from '../../shared/errors.ts';
import { PROBLEM_TYPE, toProblem } from '../../shared/http/problem.ts';
import type { ApiMetrics } from './api-metrics.ts';

export interface DoorOptions {
  /** Open requests of the whole process. */
  readonly requestsInHand: number;
  readonly requestTimeoutMs: number;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly metrics: ApiMetrics;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Operations must be answered when nothing else is. */
const alwaysIn = new Set(['/livez', '/readyz', '/metrics']);
/** Largest head of a request, bytes: a token with claims fits, a header bomb does not. */
const MAX_HEADER_BYTES = 16_384;

const fullBody = JSON.stringify(toProblem(new AppError('FRAUD_OVERLOADED'), 'at-the-door'));
const fullHead = {
  'content-type': PROBLEM_TYPE,
  'content-length': Buffer.byteLength(fullBody),
  'retry-after': '1',
};

/** Lets `listener` see only what can be answered in time. */
function admit(listener: Listener, { requestsInHand, metrics }: DoorOptions): Listener {
  let inHand = 0;
  return (request, response) => {
    if (inHand >= requestsInHand && !alwaysIn.has(request.url ?? '')) {
      metrics.refusedAtTheDoor.inc();
      response.writeHead(429, fullHead).end(fullBody);
      return;
    }
    inHand += 1;
    metrics.requestsInHand.set(inHand);
    response.once('close', () => {
      inHand -= 1;
      metrics.requestsInHand.set(inHand);
    });
    listener(request, response);
  };
}

/** For Fastify's `serverFactory`. Slow senders are cut: head, whole request and idle connections have their time. */
export function createDoor(options: DoorOptions): (listener: Listener) => Server {
  return (listener) => {
    const { requestTimeoutMs, tls } = options;
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(requestTimeoutMs, 5_000),
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 1_000,
    };
    const admitted = admit(listener, options);
    const server = tls
      ? createHttpsServer({ ...limits, ...tls, minVersion: 'TLSv1.2' }, admitted)
      : createHttpServer(limits, admitted);
    server.maxHeadersCount = 64;
    return server as Server;
  };
}
