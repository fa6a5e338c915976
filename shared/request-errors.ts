// shared/request-errors.ts: the part of the error catalogue that only a caller over HTTP meets.
import { type CatalogueEntry, entry } from './error-entry.ts';

export const requestErrors = {
  FRAUD_CREDENTIAL_MISSING: entry(
    'usage',
    'The request carries no credential.',
    'Send `Authorization: Bearer …` with an API key (`fraudctl keys create`) or a token of the configured issuer.',
  ),
  FRAUD_CREDENTIAL_INVALID: entry(
    'usage',
    'The credential is unknown, revoked, expired or wrongly signed.',
    'Ask the operator for a key in force (`fraudctl keys list`), or fetch a new token.',
  ),
  FRAUD_SCOPE_MISSING: entry(
    'usage',
    'The credential does not have the scope of this route.',
    'Use a key with the scope named, or ask the operator for it.',
  ),
  FRAUD_PORTFOLIO_FORBIDDEN: entry(
    'usage',
    'The credential is not bound to this portfolio.',
    'Check `portfolioId`, or use a key of that portfolio.',
  ),
  FRAUD_RATE_EXCEEDED: entry(
    'usage',
    'This key sends more than it may.',
    'Wait as long as Retry-After says; ask the operator for a higher rate when it lasts.',
  ),
  FRAUD_OVERLOADED: entry(
    'dependency',
    'The service has as many requests in hand as it can answer in time.',
    'Wait as long as Retry-After says and send it again; add replicas when it lasts.',
  ),
  FRAUD_IDEMPOTENCY_MISMATCH: entry(
    'usage',
    'This Idempotency-Key was used before with another request.',
    'Use a new key for each request, and the same one only to repeat it unchanged.',
  ),
  FRAUD_REQUEST_IN_FLIGHT: entry(
    'usage',
    'The same request is still being answered.',
    'Wait as long as Retry-After says and repeat it unchanged: it gets the same answer.',
  ),
  FRAUD_DEADLINE_PASSED: entry(
    'dependency',
    'No tier could answer before the deadline.',
    'Repeat the request unchanged, or give it a longer X-Deadline-Ms.',
  ),
  FRAUD_TYPE_NOT_DECIDED: entry(
    'usage',
    'No decision is owed for a transaction of this type.',
    'Send authorizations and transfers; others go to the transactions topic, or into a batch as context.',
  ),
  FRAUD_RECORDING_UNAVAILABLE: entry(
    'usage',
    'This service has no broker, so it cannot record.',
    'Set FRAUD_KAFKA_BROKERS for the scoring-api, or leave `record=true` out.',
  ),
  FRAUD_DECISION_NOT_FOUND: entry(
    'usage',
    'No decision is stored for this transaction.',
    'Check the id and `portfolioId`; decisions that raised no alert are kept for 24 hours.',
  ),
  FRAUD_CARD_NOT_FOUND: entry(
    'usage',
    'There is no history of this card.',
    'Check the token and `portfolioId`; a card appears with its first recorded transaction.',
  ),
  FRAUD_KEY_NOT_FOUND: entry('usage', 'There is no such API key.', 'List them with `fraudctl keys list`.'),
  FRAUD_ROUTE_UNKNOWN: entry('usage', 'There is no such route.', 'See /docs for the routes there are.'),
  FRAUD_MEDIA_TYPE_UNSUPPORTED: entry(
    'usage',
    'The body is not declared as JSON.',
    'Send `Content-Type: application/json`.',
  ),
  FRAUD_REQUEST_INVALID: entry(
    'usage',
    'The request is not as the API document describes it.',
    'Correct what is named; see /docs.',
  ),
  FRAUD_UNEXPECTED: entry(
    'fatal',
    'Something happened that nobody foresaw.',
    'Find the request id in the log of the scoring-api; repeat the request unchanged meanwhile.',
  ),
  FRAUD_AUDIT_BROKEN: entry(
    'fatal',
    'The audit log was changed after it was written.',
    'Keep the file as it is, compare it with the copies shipped elsewhere, and inform security.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
