// test/services/fraudctl/models.test.ts: `fraudctl models` lists, shows, promotes and rolls back versions of a registry.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, onTestFinished, test, vi } from 'vitest';
import { register } from '../../../services/fraudctl/verbs/models.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { createVersion } from '../../contract/registry.ts';

/** A registry directory with versions `a` and `b`, and a way to run the verb on it. */
async function createDesk() {
  const directory = await mkdtemp(join(tmpdir(), 'models-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const registry = new FileRegistry(directory);
  for (const name of ['a', 'b']) {
    const { manifest, files } = createVersion(name);
    await registry.publish(manifest, files);
  }
  const run = async (...words: string[]): Promise<unknown> => {
    let output = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
    const program = new Command();
    register(program);
    await program
      .parseAsync(['models', ...words, '--registry', directory, '--json'], { from: 'user' })
      .finally(() => spy.mockRestore());
    return JSON.parse(output);
  };
  return { run };
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
