// services/scoring-api/admission.ts: how many requests are in hand; one too many is answered 429 before anything of it is read, and before anything is done for those let in.
import { IncomingMessage, type ServerResponse } from 'node:http';
import { AppError } from '../../shared/errors.ts';
import { PROBLEM_TYPE, toProblem } from '../../shared/http/problem.ts';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { createTurns } from './take-turns.ts';

export interface AdmissionOptions {
  /** Open requests of the whole process, at most; fewer where they would take too long. */
  readonly requestsInHand: number;
  readonly metrics: ApiMetrics;
}

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Operations must be answered when nothing else is. */
const alwaysIn = new Set(['/livez', '/readyz', '/metrics']);
/** Requests begun in one turn of the event loop: whoever comes meanwhile is seen, and refused, after a few milliseconds. */
const BEGUN_PER_TURN = 8;
/** How long others take says nothing: batches, credit scores, erasures. */
const judged = /^\/v1\/score(\?|$)/;

const fullBody = JSON.stringify(toProblem(new AppError('FRAUD_OVERLOADED'), 'at-the-door'));
const fullHead = {
  'content-type': PROBLEM_TYPE,
  'content-length': Buffer.byteLength(fullBody),
  'retry-after': '1',
};

/** A request that knows when its head was there: waiting for its turn counts towards the deadline. */
export class TimedRequest extends IncomingMessage {
  readonly arrivedAt: number = performance.now();
}

/** Instant of `performance.now()`; of a request that came through no door (tests inject some): now. */
export const arrivalOf = (request: unknown): number =>
  request instanceof TimedRequest ? request.arrivedAt : performance.now();

/** Lets `listener` see only what can be answered in time. */
export function admit(listener: Listener, { requestsInHand, metrics }: AdmissionOptions): Listener {
  const limit = createAdaptiveLimit(requestsInHand);
  const takeTurns = createTurns(BEGUN_PER_TURN);
  let inHand = 0;
  return (request, response) => {
    if (inHand >= limit.current() && !alwaysIn.has(request.url ?? '')) {
      limit.noteFull();
      metrics.refusedAtTheDoor.inc();
      response.writeHead(429, fullHead).end(fullBody);
      return;
    }
    inHand += 1;
    metrics.requestsInHand.set(inHand);
    response.once('close', () => {
      inHand -= 1;
      metrics.requestsInHand.set(inHand);
      const isJudged = response.writableFinished && judged.test(request.url ?? '');
      if (isJudged) limit.noteAnswer(performance.now() - arrivalOf(request));
    });
    takeTurns(() => {
      // Whoever has gone meanwhile needs no answer.
      if (!response.destroyed) listener(request, response);
    });
  };
}
