// test/architecture/imports.test.ts: imports point one way, packages stay behind their adapters, every file says what it is.
import { expect, test } from 'vitest';
import { readSources, type SourceFile } from '../support/source-files.ts';

const sources = readSources(['services', 'shared', 'schemas', 'infra']);
const everything = readSources(['services', 'shared', 'schemas', 'infra', 'test'], ['.ts', '.mjs']);

/** From the bottom up: a file imports from its own layer or from those below. `shared/<name>` is written as `<name>`. */
const layers: readonly (readonly string[])[] = [
  [
    'domain',
    'errors.ts',
    'error-entry.ts',
    'record-errors.ts',
    'request-errors.ts',
    'training-errors.ts',
    'clock.ts',
  ],
  ['config', 'lifecycle', 'observability', 'http', 'client', 'storage', 'pipeline'],
  [
    'labels',
    'sequence',
    'archive',
    'decisions',
    'features',
    'encoder',
    'head',
    'rules',
    'registry',
    'jobs',
    'kafka',
    'edge',
    'access',
    'answers',
    'erasure',
    'simulation',
    'evaluation',
    'drift',
    'report',
  ],
  ['scoring', 'credit', 'replay', 'training-set', 'encoder-import'],
  ['restore', 'prepare', 'training', 'transfer'],
];

/** The only folder that may name the package: everything else goes through the adapter there. */
const adapters: readonly (readonly [packageName: RegExp, folder: string])[] = [
  [/^kafkajs$/, 'shared/kafka/'],
  [/^onnxruntime-node$/, 'shared/encoder/'],
  [/^@tensorflow\//, 'shared/training/'],
  [/^lmdb$/, 'shared/(sequence|storage)/'],
  [/^testcontainers$/, 'infra/local/'],
];

const sharedFolder = (path: string): string | undefined => /^shared\/([^/]+)/.exec(path)?.[1];
const layerOf = (path: string): number =>
  layers.findIndex((names) => names.includes(sharedFolder(path) ?? ''));
const serviceOf = (path: string): string | undefined => /^services\/([^/]+)\//.exec(path)?.[1];

/** `importer → imported` for every import that breaks the rule. */
function violations(
  files: readonly SourceFile[],
  isAllowed: (file: string, imported: string) => boolean,
): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((imported) => !isAllowed(path, imported)).map((imported) => `${path} → ${imported}`),
  );
}

test('the reader of imports sees static, type, dynamic and side-effect imports', () => {
  const connection = sources.find(({ path }) => path === 'shared/kafka/connection.ts');
  expect(connection?.imports).toContain('shared/kafka/kafkajs-internals.ts');
  expect(connection?.packages).toContain('kafkajs');
  const container = sources.find(({ path }) => path === 'infra/local/container-broker.ts');
  expect(container?.packages).toContain('testcontainers');
  const admin = sources.find(({ path }) => path === 'shared/kafka/admin.ts');
  expect(admin?.imports).toContain('schemas/topics.ts');
  expect(admin?.runtimeImports).not.toContain('schemas/topics.ts');
  expect(sources.length).toBeGreaterThan(150);
});

test('every folder of shared has its layer', () => {
  const folders = new Set(sources.flatMap(({ path }) => sharedFolder(path) ?? []));
  expect([...folders].filter((folder) => !layers.flat().includes(folder))).toEqual([]);
});

test('shared imports nothing above its own layer, and domain nothing but itself and zod', () => {
  const shared = sources.filter(({ path }) => path.startsWith('shared/'));
  const pointsDown = (file: string, imported: string) =>
    imported === 'schemas/topics.ts' ||
    (imported.startsWith('shared/') && layerOf(imported) <= layerOf(file));
  expect(violations(shared, pointsDown)).toEqual([]);
  const domain = shared.filter(({ path }) => path.startsWith('shared/domain/'));
  expect(violations(domain, (_file, imported) => imported.startsWith('shared/domain/'))).toEqual([]);
  expect([...new Set(domain.flatMap(({ packages }) => packages))]).toEqual(['zod']);
});

test('no service imports another one; what starts a service starts a process', () => {
  const isSameService = (file: string, imported: string) =>
    serviceOf(imported) === undefined || serviceOf(imported) === serviceOf(file);
  expect(violations(sources, isSameService)).toEqual([]);
});

test('nothing outside services imports from infra, but for the set-up that infra itself is', () => {
  const isAllowed = (file: string, imported: string) =>
    !imported.startsWith('infra/') || file.startsWith('infra/');
  expect(
    violations(
      sources.filter(({ path }) => !path.startsWith('services/')),
      isAllowed,
    ),
  ).toEqual([]);
});

test('kafkajs, ONNX Runtime, tfjs, lmdb and testcontainers are named by their adapters alone', () => {
  const strangers = sources.flatMap(({ path, packages }) =>
    adapters
      .filter(
        ([name, folder]) => packages.some((one) => name.test(one)) && !new RegExp(`^${folder}`).test(path),
      )
      .map(([name]) => `${path} names ${name}`),
  );
  expect(strangers).toEqual([]);
});

test('there are no barrels, and nothing is exported from main.ts', () => {
  const barrels = sources.filter(({ path, text }) => /\/index\.ts$/.test(path) || /^export \*/m.test(text));
  const exportingMains = sources.filter(
    ({ path, text }) => /\/main\.ts$/.test(path) && /^export /m.test(text),
  );
  expect([...barrels, ...exportingMains].map(({ path }) => path)).toEqual([]);
});

test('no file imports itself in a circle at run time', () => {
  const importsOf = new Map(sources.map(({ path, runtimeImports }) => [path, runtimeImports]));
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (finished.has(path)) return;
    const at = trail.indexOf(path);
    if (at >= 0) {
      circles.push([...trail.slice(at), path].join(' → '));
      return;
    }
    for (const next of importsOf.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of importsOf.keys()) visit(path, []);
  expect(circles).toEqual([]);
});

test('the first line of every file is its path and what it is', () => {
  const unsaid = everything.filter(({ path, text }) => {
    const [first = '', second = ''] = text.split('\n');
    return !(first.startsWith('#!') ? second : first).startsWith(`// ${path}: `);
  });
  expect(unsaid.map(({ path }) => path)).toEqual([]);
});

test('no source file is longer than 250 lines: more is more than one idea', () => {
  // Generated types are read by the compiler.
  const written = sources.filter(({ text }) => !text.includes('generated by `npm run client`'));
  const long = written.filter(({ text }) => text.split('\n').length - 1 > 250);
  expect(long.map(({ path }) => path)).toEqual([]);
});
