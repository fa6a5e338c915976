// test/shared/client/scoring-client.test.ts: the generated types are those of the document, and the client repeats what the service asks it to repeat, unchanged.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createScoringClient, type ScoringClientOptions } from '../../../shared/client/scoring-client.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { NOW_MS, useApi } from '../../support/api-rig.ts';

interface Seen {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that answers with these statuses in turn, the last one for ever; 0 breaks the connection. */
async function useScriptedServer(statuses: readonly number[], retryAfter = '0') {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses[Math.min(seen.length, statuses.length - 1)] ?? 200;
      seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (status === 0) return void request.socket.destroy();
      const headers = { 'content-type': 'application/json', 'retry-after': retryAfter };
      response.writeHead(status, headers).end('{"code":"FRAUD_OVERLOADED"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = (options: Partial<ScoringClientOptions> = {}) =>
    createScoringClient({ baseUrl: `http://127.0.0.1:${port}`, key: 'k', ...options });
  return { seen, client };
}

const body = {
  transactionId: 't-1',
  eventTime: new Date(NOW_MS - 1_000).toISOString(),
  cardToken: 'tok_1',
  amountMinor: 1_000,
  currency: 'EUR',
};

test('429, 503 and a broken connection are repeated with the same key and body until there is an answer', async () => {
  const { seen, client } = await useScriptedServer([429, 0, 503, 200]);
  const { response } = await client({ deadlineMs: 80 }).POST('/v1/score', { body });
  expect(response.status).toBe(200);
  expect(seen).toHaveLength(4);
  const keys = new Set(seen.map(({ headers }) => headers['idempotency-key']));
  expect([keys.size, new Set(seen.map((one) => one.body)).size]).toEqual([1, 1]);
  expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer k', 'x-deadline-ms': '80' });
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual(body);
});

test('two requests have two keys, and a key of the caller’s own stays', async () => {
  const { seen, client } = await useScriptedServer([200]);
  const one = client();
  await one.POST('/v1/score', { body });
  await one.POST('/v1/score', { body });
  await one.POST('/v1/score', { body, params: { header: { 'idempotency-key': 'mine' } } });
  const keys = seen.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBe('mine');
});

test('what is wrong is not repeated, and neither is what would come too late', async () => {
  const wrong = await useScriptedServer([422]);
  expect((await wrong.client().POST('/v1/score', { body })).response.status).toBe(422);
  expect(wrong.seen).toHaveLength(1);
  const late = await useScriptedServer([429], '30');
  const { response, error } = await late.client({ withinMs: 2_000 }).POST('/v1/score', { body });
  expect([response.status, late.seen.length]).toEqual([429, 1]);
  expect(error).toMatchObject({ code: 'FRAUD_OVERLOADED' });
  const never = await useScriptedServer([0]);
  await expect(never.client({ retries: 2 }).POST('/v1/score', { body })).rejects.toThrow();
  expect(never.seen).toHaveLength(3);
});

test('the client speaks with the service: score, batch, outcome, decision, erasure', async () => {
  const rig = await useApi();
  const baseUrl = await rig.server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => rig.server.close());
  const client = createScoringClient({ baseUrl, key: rig.key, deadlineMs: 30_000, withinMs: 60_000 });
  const scored = await client.POST('/v1/score', { body, params: { query: { record: 'true' } } });
  expect(decisionSchema.parse(scored.data).tier).toBe('full');
  const batch = await client.POST('/v1/score/batch', {
    body: { transactions: [{ ...body, transactionId: 't-2' }, {}] },
  });
  expect(batch.data?.answers).toMatchObject([
    { decision: { transactionId: 't-2' } },
    { error: { field: 'transactionId' } },
  ]);
  const path = { transactionId: 't-1' };
  const kept = await client.GET('/v1/decisions/{transactionId}', { params: { path } });
  expect(kept.data?.decision).toEqual(scored.data);
  const missing = await client.GET('/v1/decisions/{transactionId}', {
    params: { path: { transactionId: 'none' } },
  });
  expect(missing.error?.code).toBe('FRAUD_DECISION_NOT_FOUND');
  const erased = await client.DELETE('/v1/cards/{cardToken}', { params: { path: { cardToken: 'tok_1' } } });
  expect(erased.data?.removed.histories).toBe(1);
});

const generator = z.object({
  typesFile: z.string(),
  headerOf: z.function({ input: [z.string()], output: z.string() }),
  generateTypes: z.function({ input: [z.array(z.string())], output: z.string().optional() }),
});

test('the types are those of the committed document; where the tool is at hand they are made again', async () => {
  const { typesFile, headerOf, generateTypes } = generator.parse(
    await import(join(packageRoot, 'infra/local/generate-client.mjs')),
  );
  const committed = readFileSync(join(packageRoot, typesFile), 'utf8');
  const document = readFileSync(join(packageRoot, 'schemas/openapi.v1.json'), 'utf8');
  expect(committed.split('\n')[0]).toBe(headerOf(document).trim());
  const made = generateTypes(['--offline']);
  if (made === undefined)
    process.stderr.write('NOTICE: openapi-typescript is not at hand; its types were not made again.\n');
  else expect(made).toBe(committed);
});
