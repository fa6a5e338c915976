// test/contract/registry.test.ts: the registry contract on the directory, on memory, and on one that announces.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createAnnouncingRegistry } from '../../shared/registry/announcing-registry.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { testRegistryContract } from './registry.ts';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

testRegistryContract('directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'registry-test-'));
  directories.push(root);
  return {
    registry: new FileRegistry(root),
    second: new FileRegistry(root),
    corrupt: async (modelVersion, fileName) => {
      const path = join(root, 'versions', modelVersion, fileName);
      const bytes = await readFile(path);
      bytes[0] = (bytes[0] ?? 0) ^ 0xff;
      await writeFile(path, bytes);
    },
  };
});

testRegistryContract('memory', async () => {
  const registry = new MemoryRegistry();
  return { registry, corrupt: (modelVersion, fileName) => registry.corrupt(modelVersion, fileName) };
});

testRegistryContract('announcing', async () => {
  const inner = new MemoryRegistry();
  const registry = createAnnouncingRegistry(inner, () => Promise.resolve());
  return { registry, corrupt: (modelVersion, fileName) => inner.corrupt(modelVersion, fileName) };
});
