// shared/http/problem.ts: AppError → RFC 9457 problem document: what was expected, where, what to do; never what was sent.
import { z } from 'zod';
import { type AppError, type ErrorCode, errorCatalogue } from '../errors.ts';

export const problemSchema = z.object({
  /** `urn:fraudstream:error:<code>` */
  type: z.string(),
  /** The sentence of the code, always the same. */
  title: z.string(),
  status: z.int(),
  /** What was expected, without the value that came. */
  detail: z.string(),
  /** One of the catalogue; new ones may be added. */
  code: z.string().regex(/^FRAUD_[A-Z0-9_]+$/),
  /** Path of the field, header or parameter. */
  field: z.string().optional(),
  /** What to do. */
  advice: z.string(),
  /** True: the same request may succeed later. */
  retryable: z.boolean(),
  requestId: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Statuses that differ from the one of their kind. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  FRAUD_RECORD_TOO_LARGE: 413,
  FRAUD_CURRENCY_UNKNOWN: 422,
  FRAUD_EVENT_TIME_IMPLAUSIBLE: 422,
  FRAUD_CARD_NUMBER_PRESENT: 422,
  FRAUD_TRANSACTION_CONFLICT: 409,
  FRAUD_CARD_ERASED: 410,
  FRAUD_CREDENTIAL_MISSING: 401,
  FRAUD_CREDENTIAL_INVALID: 401,
  FRAUD_SCOPE_MISSING: 403,
  FRAUD_PORTFOLIO_FORBIDDEN: 403,
  FRAUD_RATE_EXCEEDED: 429,
  FRAUD_OVERLOADED: 429,
  FRAUD_ENCODER_OVERLOADED: 429,
  FRAUD_IDEMPOTENCY_MISMATCH: 422,
  FRAUD_REQUEST_IN_FLIGHT: 409,
  FRAUD_TYPE_NOT_DECIDED: 422,
  FRAUD_RECORDING_UNAVAILABLE: 501,
  FRAUD_DECISION_NOT_FOUND: 404,
  FRAUD_CARD_NOT_FOUND: 404,
  FRAUD_MODEL_NOT_FOUND: 404,
  FRAUD_ROUTE_UNKNOWN: 404,
  FRAUD_MEDIA_TYPE_UNSUPPORTED: 415,
};
const statusOfKind = { data: 400, usage: 400, dependency: 503, fatal: 500 } as const;

export function statusOf({ code, kind }: Pick<AppError, 'code' | 'kind'>): number {
  return statuses[code] ?? statusOfKind[kind];
}

/** Statuses after which the same request may succeed; they carry Retry-After. */
export function isRetryable(status: number): boolean {
  return status === 429 || status === 503 || status === 504;
}

export function toProblem(error: AppError, requestId: string, status: number = statusOf(error)): Problem {
  const { sentence, whatToDo } = errorCatalogue[error.code];
  return {
    type: `urn:fraudstream:error:${error.code}`,
    title: sentence,
    status,
    detail: error.message,
    code: error.code,
    ...(error.field === undefined || error.field === '' ? {} : { field: error.field }),
    advice: whatToDo,
    retryable: isRetryable(status) || error.code === 'FRAUD_REQUEST_IN_FLIGHT',
    requestId,
  };
}
