// services/scoring-api/error-handler.ts: whatever a route throws → problem+json; what nobody foresaw is logged with its stack and told without it.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../../shared/errors.ts';
import { isRetryable, PROBLEM_TYPE, statusOf, toProblem } from '../../shared/http/problem.ts';
import type { ApiMetrics } from './api-metrics.ts';

/** Fastify's own refusals, in our words. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'FRAUD_RECORD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'FRAUD_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'FRAUD_RECORD_EMPTY',
};

/** A caller that was refused for load comes back after this; a full second would idle it, less would hammer. */
const RETRY_AFTER_SECONDS = 1;

const toAppError = (error: FastifyError | AppError): AppError => {
  if (error instanceof AppError) return error;
  const code = frameworkCodes[error.code];
  if (code) return new AppError(code);
  const isCallers = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  // The framework's sentence may quote what came.
  return isCallers
    ? new AppError('FRAUD_REQUEST_INVALID', { detail: 'The HTTP request is malformed.' })
    : new AppError('FRAUD_UNEXPECTED', { cause: error });
};

/** Sends the problem document of an error. */
export function sendProblem(
  reply: FastifyReply,
  error: AppError,
  status: number = statusOf(error),
): FastifyReply {
  const { id } = reply.request;
  if (isRetryable(status) && !reply.hasHeader('retry-after'))
    reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (status === 409 && error.code === 'FRAUD_REQUEST_IN_FLIGHT')
    reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  const body = JSON.stringify(toProblem(error, id, status));
  return reply.code(status).header('content-type', PROBLEM_TYPE).send(body);
}

/** @param answerUnknown tells of paths and methods that do not exist, whatever else is wrong with the request */
export function createErrorHandler(
  metrics: ApiMetrics,
  answerUnknown: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
) {
  return function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    if (request.is404) {
      answerUnknown(request, reply);
      return;
    }
    const known = toAppError(error);
    const status = statusOf(known);
    metrics.refused.inc({ code: known.code });
    if (status >= 500) {
      const facts = { err: known.cause ?? known, code: known.code, route: request.routeOptions.url };
      request.log.error(facts, 'request not answered');
    }
    sendProblem(reply, known, status);
  };
}
