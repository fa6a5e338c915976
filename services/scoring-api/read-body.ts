// services/scoring-api/read-body.ts: body bytes → object, by the limits and the closer look that records get; and the compiler that turns schema errors into ours.
import type { FastifyInstance, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import type { FieldClass } from '../../shared/edge/card-number.ts';
import type { EdgeSettings } from '../../shared/edge/edge-settings.ts';
import { inspectStrings } from '../../shared/edge/inspect-strings.ts';
import { toFieldError } from '../../shared/edge/parse-record.ts';
import { readObject } from '../../shared/edge/read-object.ts';
import { AppError } from '../../shared/errors.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { creditBodySchema, creditEnvelopeSchema } from './credit-documents.ts';
import {
  batchBodySchema,
  batchEnvelopeSchema,
  outcomesBodySchema,
  outcomesEnvelopeSchema,
} from './documents.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bodies whose strings the route looks at itself: they have to be. */
    needsCloserLook: boolean;
  }
  interface FastifyContextConfig {
    /** Path → class of the body's fields: looked at before the schema. Left out: the route looks itself. */
    readonly fields?: ReadonlyMap<string, FieldClass>;
    readonly countUnknownFields?: (object: Readonly<Record<string, unknown>>) => number;
  }
}

export interface BodyParts {
  readonly edge: EdgeSettings;
  readonly metrics: ApiMetrics;
}

function readBody(request: FastifyRequest, body: Buffer, { edge, metrics }: BodyParts): unknown {
  const { config, bodyLimit } = request.routeOptions;
  // Many clients declare JSON on every request, also where there is no body.
  if (body.length === 0 && request.method === 'DELETE') return undefined;
  const raw = readObject(body, { ...edge, maxRecordBytes: bodyLimit });
  request.needsCloserLook = raw.needsCloserLook;
  if (config.fields && raw.needsCloserLook) {
    const lookalikes = inspectStrings(raw.object, config.fields);
    if (lookalikes > 0) metrics.idsLikeCardNumbers.inc(lookalikes);
  }
  const unknownFields = config.countUnknownFields?.(raw.object) ?? 0;
  if (unknownFields > 0) metrics.unknownFields.inc(unknownFields);
  return raw.object;
}

/** Only JSON is taken. */
export function addBodyReader(server: FastifyInstance, parts: BodyParts): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      done(null, readBody(request, body, parts));
    } catch (error) {
      done(error instanceof Error ? error : new AppError('FRAUD_UNEXPECTED', { cause: error }));
    }
  });
}

/** Schemas of the document that are not the ones a body is held to: items of a batch are judged one by one, and errors are to name one field. */
const judgedAs = new Map<z.ZodType, z.ZodType>([
  [batchBodySchema, batchEnvelopeSchema],
  [outcomesBodySchema, outcomesEnvelopeSchema],
  [creditBodySchema, creditEnvelopeSchema],
]);

/** Body errors name the field like the stream's; those of headers, query and path name the parameter. */
export function createValidatorCompiler(): FastifySchemaCompiler<z.ZodType> {
  return ({ schema, httpPart }) => {
    const held = judgedAs.get(schema) ?? schema;
    return (data: unknown) => {
      const parsed = held.safeParse(data);
      if (parsed.success) return { value: parsed.data };
      const error = toFieldError(parsed.error);
      if (httpPart === 'body') return { error };
      const detail = `${parsed.error.issues[0]?.message}.`;
      return { error: new AppError('FRAUD_REQUEST_INVALID', { field: error.field ?? '', detail }) };
    };
  };
}
