// services/scoring-api/add-openapi.ts: the OpenAPI 3.1 document, made from the routes' own schemas, and the page that shows it.
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { transactionSchema } from '../../shared/domain/transaction.ts';
import { problemSchema } from '../../shared/http/problem.ts';
import { outcomeDraftSchema } from '../../shared/labels/outcome-draft.ts';
import { creditAnswerSchema, creditBodySchema } from './credit-documents.ts';
import { problemAnswers } from './describe-route.ts';
import {
  batchAnswerSchema,
  cardSummarySchema,
  erasureReceiptSchema,
  itemProblemSchema,
  modelDetailSchema,
  modelSummarySchema,
  outcomeReceiptSchema,
  storedDecisionSchema,
} from './documents.ts';

/** Schemas that have a name in the document. A registry of our own: the JSON Schemas of the topics stay as they are. */
const named = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries({
  Transaction: transactionSchema,
  Decision: decisionSchema,
  Outcome: outcomeDraftSchema,
  Problem: problemSchema,
  ItemProblem: itemProblemSchema,
  BatchAnswer: batchAnswerSchema,
  StoredDecision: storedDecisionSchema,
  CardSummary: cardSummarySchema,
  CreditQuestion: creditBodySchema,
  CreditAnswer: creditAnswerSchema,
  ErasureReceipt: erasureReceiptSchema,
  ModelSummary: modelSummarySchema,
  ModelDetail: modelDetailSchema,
  OutcomeReceipt: outcomeReceiptSchema,
})) {
  named.add(schema, { id });
}

const INTRODUCTION = `Scores card transactions in the history of their card: the same scorer, the same decisions as the stream.

Every refusal is \`application/problem+json\` with \`code\`, \`field\` and \`advice\`; nothing of what was sent is repeated. Limits: 64 kB and 16 levels per transaction, 1,000 transactions per batch, 16 kB of headers, 10 s for a request to arrive. 429 and 503 carry \`Retry-After\`. Repeats of a request (same transaction, or same \`Idempotency-Key\`) get the same bytes for 24 hours.`;

const addComponents = createJsonSchemaTransformObject({ schemaRegistry: named });

const referenceForm = /#\/components\/schemas\/(\w+)/g;
const referencesIn = (part: unknown): string[] =>
  [...(JSON.stringify(part) ?? '').matchAll(referenceForm)].flatMap(([, name]) => name ?? []);

/** Schemas that something refers to, each under its plain name unless both of its directions are used. */
function keepUsed<Document extends object>(document: Document): Document {
  const components: Record<string, unknown> =
    'components' in document ? { ...Object(document.components) } : {};
  const schemas: Record<string, unknown> = { ...Object(components.schemas) };
  const rest = { ...document, components: undefined };
  const used = new Set<string>();
  for (const open = referencesIn(rest); open.length > 0; ) {
    const name = open.pop() ?? '';
    if (used.has(name)) continue;
    used.add(name);
    open.push(...referencesIn(schemas[name]));
  }
  const plainNameOf = (name: string): string => {
    const plain = name.replace(/Input$/, '');
    return used.has(plain) ? name : plain;
  };
  const kept = Object.fromEntries([...used].sort().map((name) => [plainNameOf(name), schemas[name]]));
  const text = JSON.stringify({ ...document, components: { ...components, schemas: kept } });
  return JSON.parse(
    text.replaceAll(referenceForm, (_reference, name: string) => `#/components/schemas/${plainNameOf(name)}`),
  );
}

/** Call it before the routes. */
export async function addOpenapi(server: FastifyInstance): Promise<void> {
  await server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'fraudstream scoring API', version: '1', description: INTRODUCTION },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (`fraudctl keys create`) or a JWT of the configured issuer.',
          },
        },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: named }),
    transformObject: (document) => keepUsed(addComponents(document)),
  });
  await server.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
  server.addHook('onRoute', (route) => {
    if (!route.schema?.operationId) return;
    route.schema = { ...route.schema, response: { ...Object(route.schema?.response), ...problemAnswers } };
  });
}
