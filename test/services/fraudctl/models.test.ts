// test/services/fraudctl/models.test.ts: `fraudctl models` lists, shows, promotes and rolls back versions of a registry.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { register } from '../../../services/fraudctl/verbs/models.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { createVersion } from '../../contract/registry.ts';
import { tellVerb } from '../../support/tell-verb.ts';

/** A registry directory with versions `a` and `b`, and a way to run the verb on it. */
async function createDesk() {
  const directory = await mkdtemp(join(tmpdir(), 'models-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const registry = new FileRegistry(directory);
  for (const name of ['a', 'b']) {
    const { manifest, files } = createVersion(name);
    await registry.publish(manifest, files);
  }
  const tell = (...words: string[]): Promise<string> =>
    tellVerb(register, ['models', ...words, '--registry', directory]);
  const run = async (...words: string[]): Promise<unknown> => JSON.parse(await tell(...words, '--json'));
  return { run, tell, registry, directory };
}

test('a promoted version is champion, the one before previous, and roll-back turns it round', async () => {
  const { run } = await createDesk();
  await run('promote', 'a', '--by', 'test');
  expect(await run('promote', 'b', '--by', 'test')).toMatchObject({
    modelVersion: 'b',
    replaced: 'a',
    fence: 2,
  });
  expect(await run('list')).toMatchObject([
    { modelVersion: 'a', aliases: ['previous'] },
    { modelVersion: 'b', aliases: ['champion'] },
  ]);
  expect(await run('roll-back', '--by', 'test')).toMatchObject({ modelVersion: 'a', fence: 3 });
});

test('show verifies every byte and tells the manifest', async () => {
  const { run } = await createDesk();
  expect(await run('show', 'a')).toMatchObject({ manifest: { modelVersion: 'a' } });
  await expect(run('show', 'c')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
});

test('history tells who moved what, when and why, and a version may be named by its alias', async () => {
  const { run, tell } = await createDesk();
  await run('promote', 'a', '--by', 'ann', '--reason', 'the first');
  await run('promote', 'b', '--by', 'ben', '--reason', 'caught more');
  const text = await tell('history');
  expect(text).toMatch(/champion → a \(move 1\) .* by ann: the first/);
  expect(text).toMatch(/champion → b \(move 2, replaced a\) .* by ben: caught more/);
  expect(await run('history')).toHaveLength(3);
  expect(await run('show', 'champion')).toMatchObject({
    manifest: { modelVersion: 'b' },
    moves: [{ by: 'ben', reason: 'caught more' }],
  });
  expect(await run('promote', 'previous')).toMatchObject({ modelVersion: 'a', fence: 3 });
});

test('a challenger is named by hand, and named the champion it shadows nobody', async () => {
  const { run } = await createDesk();
  await run('promote', 'a');
  expect(await run('challenge', 'b', '--by', 'ann', '--reason', 'try it')).toMatchObject({
    alias: 'challenger',
    modelVersion: 'b',
    by: 'ann',
    fence: 1,
  });
  expect(await run('challenge', 'b')).toMatchObject({ fence: 1 });
  expect(await run('challenge', 'champion')).toMatchObject({ modelVersion: 'a', replaced: 'b', fence: 2 });
  await expect(run('challenge', 'not-there')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
});

test('show tells the ancestors as far as the registry knows them', async () => {
  const { run, registry } = await createDesk();
  const child = createVersion('c');
  await registry.publish({ ...child.manifest, derivedFrom: 'b' }, child.files);
  const grandchild = createVersion('d');
  await registry.publish({ ...grandchild.manifest, derivedFrom: 'c' }, grandchild.files);
  expect(await run('show', 'd')).toMatchObject({ ancestors: ['c', 'b'] });
});

test('compare marks what differs and says when two were never judged on the same rows', async () => {
  const { run, tell, registry } = await createDesk();
  const other = createVersion('other-encoder', 'other');
  await registry.publish(other.manifest, other.files);
  const differing = (table: unknown) =>
    toFacts(table).flatMap(({ fact, differs }) => (differs ? [fact] : []));
  expect(differing(await run('compare', 'a', 'b'))).toEqual(['manifest digest']);
  expect(differing(await run('compare', 'a', 'other-encoder'))).toEqual([
    'encoder digest',
    'head digest',
    'features-only digest',
    'manifest digest',
  ]);
  expect(await tell('compare', 'a', 'b')).toContain('not judged on the same rows');
});

test('a version whose bytes changed is not promoted', async () => {
  const { run, directory } = await createDesk();
  await writeFile(join(directory, 'versions', 'a', 'full.onnx'), 'other bytes');
  await expect(run('promote', 'a')).rejects.toMatchObject({ code: 'FRAUD_MODEL_HASH_MISMATCH' });
  expect(await run('history')).toEqual([]);
});

test('a roll-back that names the version to leave goes back once, however often it is asked for', async () => {
  const { run } = await createDesk();
  await run('promote', 'a');
  await run('promote', 'b');
  await run('roll-back', '--from', 'b');
  await expect(run('roll-back', '--from', 'b')).rejects.toMatchObject({ code: 'FRAUD_ALIAS_CONFLICT' });
  expect(await run('show', 'champion')).toMatchObject({ manifest: { modelVersion: 'a' } });
});

test('list names the registry it read, and the one that npm start keeps', async () => {
  const { tell, directory } = await createDesk();
  vi.stubEnv('FRAUD_HOME', join(directory, 'home'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  expect(await tell('list')).toContain(`Registry ${directory}.`);
  const demonstration = join(directory, 'home', 'demonstration', 'registry');
  await mkdir(demonstration, { recursive: true });
  expect(await tell('list')).toContain(`--registry ${demonstration}`);
});

function toFacts(table: unknown): { readonly fact: string; readonly differs: boolean }[] {
  return z.object({ facts: z.array(z.object({ fact: z.string(), differs: z.boolean() })) }).parse(table)
    .facts;
}
