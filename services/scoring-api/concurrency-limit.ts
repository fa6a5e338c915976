// services/scoring-api/concurrency-limit.ts: how many requests one caller may have open at once.
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../shared/errors.ts';

/** Call it after authentication: hooks run in the order in which they were added. */
export function addConcurrencyLimit(server: FastifyInstance): void {
  const open = new Map<string, number>();
  const close = (id: string): void => {
    const left = (open.get(id) ?? 1) - 1;
    if (left === 0) open.delete(id);
    else open.set(id, left);
  };
  server.addHook('onRequest', async ({ principal }, reply) => {
    if (!principal) return;
    const { id, concurrency } = principal;
    const before = open.get(id) ?? 0;
    if (before >= concurrency)
      throw new AppError('FRAUD_RATE_EXCEEDED', { detail: 'Too many open requests.' });
    open.set(id, before + 1);
    // Also when the caller goes away before its answer.
    reply.raw.once('close', () => close(id));
  });
}
