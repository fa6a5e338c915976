// test/schemas/schemas.test.ts: committed JSON Schemas are the generated ones, and examples are judged as their names say.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateSchema, schemaFileName } from '../../schemas/generate.ts';
import { subjects } from '../../schemas/subjects.ts';
import { topics } from '../../schemas/topics.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import { parseOutcome } from '../../shared/edge/parse-outcome.ts';
import { parseTransaction } from '../../shared/edge/parse-transaction.ts';
import { errorCatalogue } from '../../shared/errors.ts';
import { type Example, examplesClockMs, readExamples } from '../support/examples.ts';

const schemasFolder = join(packageRoot, 'schemas');
const committed = readdirSync(schemasFolder).filter((file) => /\.v\d+\.json$/.test(file));

describe('JSON Schemas', () => {
  it('exist for every subject and for nothing else', () => {
    const others = committed.filter((file) => file.startsWith('openapi.'));
    expect(committed.filter((file) => !others.includes(file)).sort()).toEqual(
      subjects.map(schemaFileName).sort(),
    );
  });

  it.each(subjects.map((subject) => [schemaFileName(subject), subject] as const))(
    '%s is what `npm run schemas` writes',
    (file, subject) => {
      expect(readFileSync(join(schemasFolder, file), 'utf8')).toBe(generateSchema(subject));
    },
  );

  it('are the ones that the topics table names', () => {
    const named = Object.values(topics).flatMap((topic) => topic.schema ?? []);
    expect(named.filter((file) => !committed.includes(file))).toEqual([]);
  });
});

/** Code a transaction or outcome is refused with; undefined when it is accepted. The key is the card token, as it should be. */
function refusalCode(subject: string, { bytes }: Example): string | undefined {
  const card = /"cardToken": "([^"]*)"/.exec(bytes.toString())?.[1] ?? 'tok_1';
  const parse = subject === 'transaction' ? parseTransaction : parseOutcome;
  const parsed = parse(bytes, Buffer.from(card), examplesClockMs);
  return parsed.kind === 'invalid' ? parsed.error.code : undefined;
}

describe.each(subjects.map((subject) => [subject.name, subject] as const))(
  'examples of %s',
  (name, subject) => {
    const examples = readExamples(name);
    const isAtTheEdge = name === 'transaction' || name === 'outcome';

    it('are at least one valid and three invalid ones', () => {
      expect(examples.filter(({ code }) => code === undefined).length).toBeGreaterThanOrEqual(1);
      expect(examples.filter(({ code }) => code !== undefined).length).toBeGreaterThanOrEqual(3);
    });

    it.each(examples.map((example) => [example.file, example] as const))('%s', (_file, example) => {
      if (isAtTheEdge) expect(refusalCode(name, example)).toBe(example.code);
      else
        expect(subject.schema.safeParse(JSON.parse(example.bytes.toString())).success).toBe(
          example.code === undefined,
        );
      if (example.code !== undefined) expect(Object.keys(errorCatalogue)).toContain(example.code);
    });

    it('that are valid also pass the published JSON Schema', () => {
      const published = z.fromJSONSchema(
        JSON.parse(readFileSync(join(schemasFolder, schemaFileName(subject)), 'utf8')),
      );
      const refused = examples
        .filter(({ code }) => code === undefined)
        .filter(({ bytes }) => !published.safeParse(JSON.parse(bytes.toString())).success);
      expect(refused.map(({ file }) => file)).toEqual([]);
    });
  },
);
