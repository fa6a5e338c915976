// test/architecture/readme.test.ts: what README and CONTRIBUTING name exists: scripts, verbs, files, folders.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { packageRoot } from '../../shared/config/package-root.ts';

const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));

/** First group of every match, each once. */
const allOf = (pattern: RegExp, text: string): string[] => [
  ...new Set([...text.matchAll(pattern)].flatMap(([, found]) => found ?? [])),
];

const registers = z.object({ register: z.function({ input: [z.instanceof(Command)], output: z.void() }) });
const verbDirectory = join(packageRoot, 'services', 'fraudctl', 'verbs');

/** Verbs as they register themselves, each with its nested ones (`state load`). */
async function listVerbs(): Promise<string[]> {
  const program = new Command('fraudctl');
  for (const file of readdirSync(verbDirectory)) {
    registers.parse(await import(join(verbDirectory, file))).register(program);
  }
  return program.commands.flatMap((verb) => [
    verb.name(),
    ...verb.commands.map((nested) => `${verb.name()} ${nested.name()}`),
  ]);
}

let verbs: string[] = [];
beforeAll(async () => {
  verbs = await listVerbs();
});

test('every verb that stands in verbs/ is registered by main.ts', () => {
  const main = read('services/fraudctl/main.ts');
  const unregistered = readdirSync(verbDirectory).filter((file) => !main.includes(`'./verbs/${file}'`));
  expect(unregistered).toEqual([]);
  expect(verbs).toContain('state load');
});

describe.each(['README.md', 'CONTRIBUTING.md'])('%s', (page) => {
  const text = read(page);

  test('names only npm scripts that exist', () => {
    const named = [
      ...allOf(/\bnpm run ([a-z][\w:-]*)/g, text),
      ...allOf(/\bnpm (start|test)\b/g, text),
      ...(text.includes('npx fraudctl') ? ['fraudctl'] : []),
    ];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('names only verbs of fraudctl that exist, nested ones too', () => {
    const named = [
      ...text.matchAll(/(?:npx fraudctl|npm run fraudctl --) ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g),
    ];
    expect(named.length).toBeGreaterThan(0);
    const missing = named.filter(([, verb = '', next]) => {
      if (!verbs.includes(verb)) return true;
      const isGroup = verbs.some((one) => one.startsWith(`${verb} `));
      return isGroup && next !== undefined && !verbs.includes(`${verb} ${next}`);
    });
    expect(missing.map(([whole]) => whole)).toEqual([]);
  });

  test('links only to files and folders that exist', () => {
    const links = allOf(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g, text);
    const dead = links.filter((link) => !existsSync(join(packageRoot, link)));
    expect(dead).toEqual([]);
  });
});
