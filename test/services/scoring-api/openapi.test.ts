// test/services/scoring-api/openapi.test.ts: the committed OpenAPI document is the one the routes make, and every route is in it.
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createDocumentServer } from '../../../services/scoring-api/document-server.ts';
import { generateOpenapi, openapiFile } from '../../../services/scoring-api/write-openapi.ts';

test('schemas/openapi.v1.json is what `npm run schemas` writes', async () => {
  expect(readFileSync(openapiFile, 'utf8')).toBe(await generateOpenapi());
});

test('the service serves its document and a page that shows it, without a key', async () => {
  const server = await createDocumentServer();
  onTestFinished(() => server.close());
  const served = await server.inject({ url: '/openapi.json' });
  expect(JSON.parse(served.body)).toEqual(JSON.parse(readFileSync(openapiFile, 'utf8')));
  const page = await server.inject({ url: '/docs' });
  expect([page.statusCode, page.headers['content-type']]).toEqual([
    200,
    expect.stringContaining('text/html'),
  ]);
});

test('every reference of the document leads somewhere, and every operation has a name of its own', () => {
  const text = readFileSync(openapiFile, 'utf8');
  const document: {
    components: { schemas: object };
    paths: Record<string, Record<string, { operationId: string }>>;
  } = JSON.parse(text);
  const references = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
  expect([...new Set(references)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  const names = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});
