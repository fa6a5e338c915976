// services/scoring-api/describe-route.ts: what every route says of itself in the OpenAPI document.
import type { Scope } from '../../shared/access/principal.ts';
import { problemSchema } from '../../shared/http/problem.ts';

/** Refusals that any route with a body or a credential may answer. */
export const problemAnswers = {
  '4XX': {
    description: 'Refused: the problem says what to do.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
  '5XX': {
    description: 'Not answered: the problem says whether to repeat.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
};

/** @param scope shown as the security a caller needs; left out: open to all */
export function describeRoute(operationId: string, summary: string, scope?: Scope) {
  return {
    operationId,
    summary,
    tags: [scope ?? 'operations'],
    security: scope ? [{ bearer: [scope] }] : [],
  };
}
