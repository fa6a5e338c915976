// services/scoring-api/door.ts: the HTTP server in front of the routes: limits of head, body and time; whom admission.ts lets in.
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AdmissionOptions, admit, type Listener, TimedRequest } from './admission.ts';

export interface DoorOptions extends AdmissionOptions {
  readonly requestTimeoutMs: number;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** Largest head of a request, bytes: a token with claims fits, a header bomb does not. */
const MAX_HEADER_BYTES = 16_384;
/**
 * For `listen`: connections that may wait to be accepted. One is accepted per turn of the event loop (libuv ≥ 1.45), and beyond this many
 * the kernel lets a caller try again after one second and after three (measured with the default of 511: refusals that took 1.6 and 3.1 s).
 */
export const CONNECTION_BACKLOG = 4_096;

/** For Fastify's `serverFactory`. Slow senders are cut: head, whole request and idle connections have their time. */
export function createDoor(options: DoorOptions): (listener: Listener) => Server {
  return (listener) => {
    const { requestTimeoutMs, tls } = options;
    const limits = {
      IncomingMessage: TimedRequest,
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
