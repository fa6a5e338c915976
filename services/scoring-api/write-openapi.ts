// services/scoring-api/write-openapi.ts: writes schemas/openapi.v1.json from the routes; part of `npm run schemas`. A test compares it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../shared/config/package-root.ts';
import { createDocumentServer } from './document-server.ts';

export const openapiFile = join(packageRoot, 'schemas', 'openapi.v1.json');

/** The document, as the committed file holds it and /openapi.json serves it. */
export async function generateOpenapi(): Promise<string> {
  const server = await createDocumentServer();
  try {
    return `${JSON.stringify(server.swagger(), null, 2)}\n`;
  } finally {
    await server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(openapiFile, await generateOpenapi());
