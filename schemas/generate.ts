// schemas/generate.ts: writes schemas/<subject>.v<N>.json from the zod schemas; `npm run schemas`. A test compares them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { packageRoot } from '../shared/config/package-root.ts';
import { type Subject, subjects } from './subjects.ts';

/** `transaction.v1.json` */
export function schemaFileName({ name, version }: Subject): string {
  return `${name}.v${version}.json`;
}

/** The JSON Schema (draft 2020-12) of one subject, as the committed file holds it. */
export function generateSchema(subject: Subject): string {
  const { $schema, ...body } = z.toJSONSchema(subject.schema, { io: subject.direction, reused: 'inline' });
  const document = { $schema, $id: schemaFileName(subject), title: subject.title, ...body };
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const subject of subjects)
    writeFileSync(join(packageRoot, 'schemas', schemaFileName(subject)), generateSchema(subject));
}
