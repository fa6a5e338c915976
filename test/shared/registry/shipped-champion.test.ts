// test/shared/registry/shipped-champion.test.ts: the shipped version becomes champion only where none was chosen.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toManifestBytes } from '../../../shared/registry/manifest.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { promote } from '../../../shared/registry/registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { createVersion } from '../../contract/registry.ts';

const movedAt = '2026-01-01T00:00:00.000Z';

async function shipVersion(modelVersion: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'shipped-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const { manifest, files } = createVersion(modelVersion);
  for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, 'manifest.json'), toManifestBytes(manifest));
  return directory;
}

test('an empty registry takes the shipped version as champion', async () => {
  const registry = new MemoryRegistry();
  const entry = await ensureChampion(registry, movedAt, await shipVersion('shipped'));
  expect(entry).toMatchObject({ modelVersion: 'shipped', fence: 1 });
  expect(await registry.listVersions()).toEqual(['shipped']);
});

test('a champion already chosen stays', async () => {
  const registry = new MemoryRegistry();
  const { manifest, files } = createVersion('chosen');
  await registry.publish(manifest, files);
  await promote(registry, 'chosen', { movedAt, by: 'test' });
  const entry = await ensureChampion(registry, movedAt, await shipVersion('shipped'));
  expect(entry.modelVersion).toBe('chosen');
});

test('a shipped file that differs from its manifest is refused', async () => {
  const directory = await shipVersion('shipped');
  await writeFile(join(directory, 'card.md'), 'edited');
  await expect(ensureChampion(new MemoryRegistry(), movedAt, directory)).rejects.toMatchObject({
    code: 'FRAUD_MODEL_HASH_MISMATCH',
  });
});
