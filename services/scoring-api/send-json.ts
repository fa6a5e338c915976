// services/scoring-api/send-json.ts: JSON that is bytes already, sent as it is.
import type { FastifyReply } from 'fastify';

/** Serializing again could only change what was stored. */
export function sendJson(reply: Pick<FastifyReply, 'header' | 'send'>, bytes: Uint8Array): void {
  reply.header('content-type', 'application/json; charset=utf-8');
  reply.send(bytes);
}
