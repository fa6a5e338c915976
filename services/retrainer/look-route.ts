// services/retrainer/look-route.ts: `POST /look`: on simulated time somebody else says when it is: drift judged, at most one job begun and waited for.
import type { FastifyInstance } from 'fastify';
import type { SettableClock } from '../../shared/clock.ts';
import type { JobLedger } from '../../shared/jobs/job-ledger.ts';
import { type LookReport, lookRequestSchema } from '../../shared/jobs/look.ts';
import type { JobRunner } from './job-runner.ts';
import type { ArchiveWatch } from './watch-archive.ts';

export interface LookParts {
  readonly clock: SettableClock;
  readonly watch: ArchiveWatch;
  readonly runner: JobRunner;
  readonly ledger: JobLedger;
  /** Ends the job under way. */
  readonly signal: AbortSignal;
}

/** One look at a time: a second one is refused while a job runs. */
export function addLookRoute(server: FastifyInstance, parts: LookParts): void {
  let isLooking = false;
  server.post('/look', async (request, reply) => {
    const asked = lookRequestSchema.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ detail: 'Expected {"now": an ISO 8601 instant}.' });
    if (isLooking) return reply.code(409).send({ detail: 'A look is under way: wait for its answer.' });
    const nowMs = Date.parse(asked.data.now);
    const lastMs = parts.clock.now();
    if (nowMs < lastMs) {
      const detail = `Time does not go back: it is ${new Date(lastMs).toISOString()}. A restart begins anew.`;
      return reply.code(400).send({ detail });
    }
    isLooking = true;
    try {
      parts.clock.set(nowMs);
      const report = await look(parts);
      // A server that stops waits for every connection that is kept.
      if (parts.signal.aborted) reply.header('Connection', 'close');
      return report;
    } finally {
      isLooking = false;
    }
  });
}

async function look({ watch, runner, ledger, signal }: LookParts): Promise<LookReport> {
  const { status } = await watch.look();
  const known = (await ledger.read()).length;
  await runner.lookOnce(signal);
  const job = (await ledger.read()).slice(known).at(-1) ?? null;
  const { decision, cause } = status;
  return { drift: { decision, source: cause?.source, columns: [...(cause?.columns ?? [])] }, job };
}
