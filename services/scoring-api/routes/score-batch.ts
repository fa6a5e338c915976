// services/scoring-api/routes/score-batch.ts: POST /v1/score/batch: up to 1,000 transactions, answers in order, errors by item.
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AnswerStore, KeptAnswer } from '../../../shared/answers/answer-store.ts';
import type { Clock } from '../../../shared/clock.ts';
import { AppError, errorCatalogue } from '../../../shared/errors.ts';
import { settleBefore } from '../../../shared/lifecycle/settle-before.ts';
import { principalOf } from '../authenticate.ts';
import { describeRoute } from '../describe-route.ts';
import {
  BATCH_LIMIT,
  batchAnswerSchema,
  batchBodySchema,
  recordQuerySchema,
  scoreHeadersSchema,
} from '../documents.ts';
import { ANSWER_KEPT_MS } from '../recall-answer.ts';
import type { ItemAnswer, ScoreMany } from '../score-many.ts';
import { sendJson } from '../send-json.ts';
import { BATCH_DEADLINE_MS, termsOf } from '../terms.ts';
import { REPLAYED_HEADER } from './score.ts';

export interface ScoreBatchParts {
  readonly scoreMany: ScoreMany;
  readonly answers: AnswerStore;
  readonly clock: Clock;
}

/** A transaction with every field full is under 3 kB. */
const BODY_LIMIT = BATCH_LIMIT * 4_096;

/** An item's refusal, without what belongs to a request. */
export function toItemProblem({ code, message, field, whatToDo }: AppError) {
  return {
    code,
    title: errorCatalogue[code].sentence,
    detail: message,
    ...(field ? { field } : {}),
    advice: whatToDo,
  };
}

function toJson(answer: ItemAnswer): string {
  if (answer.kind === 'decided') return `{"decision":${Buffer.from(answer.bytes).toString()}}`;
  if (answer.kind === 'applied') {
    return JSON.stringify({ applied: { transactionId: answer.transactionId } });
  }
  return JSON.stringify({ error: toItemProblem(answer.error) });
}

export function registerScoreBatch(server: FastifyInstance, parts: ScoreBatchParts): void {
  const { scoreMany, answers, clock } = parts;
  const answerUnder = createAnswerUnder(answers, clock);
  server.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/score/batch',
    bodyLimit: BODY_LIMIT,
    config: { scope: 'score' },
    schema: {
      ...describeRoute('scoreMany', 'Score up to 1,000 transactions', 'score'),
      description:
        'Any cards, answers in the order sent, one error per bad item. Transactions of one card see those before them in the batch; clearings, refunds and the like serve as context.',
      headers: scoreHeadersSchema,
      querystring: recordQuerySchema,
      body: batchBodySchema,
      response: { 200: batchAnswerSchema },
    },
    handler: async (request, reply) => {
      const { body, headers, query } = request;
      const principal = principalOf(request);
      const terms = termsOf(request, headers['x-deadline-ms'] ?? BATCH_DEADLINE_MS, clock);
      const isRecorded = query.record === 'true';
      const make = async (): Promise<Uint8Array> => {
        const { needsCloserLook } = request;
        const call = { items: body.transactions, needsCloserLook, terms, isRecorded, principal };
        const settled = await settleBefore(scoreMany(call), terms.deadlineAt);
        if (!settled) throw new AppError('FRAUD_DEADLINE_PASSED');
        return Buffer.from(`{"answers":[${settled.answer.map(toJson).join(',')}]}`);
      };
      const key = headers['idempotency-key'];
      const name = key === undefined ? undefined : `b|${principal.id}|${key}`;
      const fingerprint = () => hash('sha256', `${isRecorded}${JSON.stringify(body)}`);
      const { bytes, isReplayed } = await answerUnder(name, fingerprint, make);
      if (isReplayed) reply.header(REPLAYED_HEADER, 'true');
      sendJson(reply, bytes);
      return reply;
    },
  });
}

/** The kept answer of a name, or a new one, kept. Without a name nothing is kept. */
function createAnswerUnder(answers: AnswerStore, clock: Clock) {
  return async (
    name: string | undefined,
    toFingerprint: () => string,
    make: () => Promise<Uint8Array>,
  ): Promise<{ readonly bytes: Uint8Array; readonly isReplayed: boolean }> => {
    if (name === undefined) return { bytes: await make(), isReplayed: false };
    const fingerprint = toFingerprint();
    const requireSame = (answer: KeptAnswer): Uint8Array => {
      if (answer.fingerprint !== fingerprint) {
        throw new AppError('FRAUD_IDEMPOTENCY_MISMATCH', { field: 'idempotency-key' });
      }
      return answer.bytes;
    };
    const known = answers.find(name, clock.now());
    if (known) return { bytes: requireSame(known), isReplayed: true };
    const bytes = await make();
    const nowMs = clock.now();
    const made = { name, fingerprint, bytes, keepUntilMs: nowMs + ANSWER_KEPT_MS };
    const [standing = made] = await answers.keep([made], nowMs);
    return { bytes: requireSame(standing), isReplayed: false };
  };
}
