// services/scoring-api/method-answers.ts: what is told about paths and methods that do not exist.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../shared/errors.ts';
import { sendProblem } from './error-handler.ts';

export type AnswerUnknown = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** Call it before the routes. An unknown path is 404; a known one with another method 405, with the methods it has. */
export function addMethodAnswers(server: FastifyInstance): AnswerUnknown {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    methodsOf.set(url, methods);
  });
  const toPattern = (url: string): RegExp =>
    new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[a-zA-Z]+/g, '[^/]+')}$`);
  const answerUnknown: AnswerUnknown = (request, reply) => {
    const [path = ''] = request.url.split('?');
    const known = [...methodsOf].find(([url]) => toPattern(url).test(path));
    const error = new AppError('FRAUD_ROUTE_UNKNOWN');
    if (!known) return sendProblem(reply, error);
    reply.header('allow', [...known[1]].join(', '));
    return sendProblem(reply, error, 405);
  };
  server.setNotFoundHandler(answerUnknown);
  return answerUnknown;
}
