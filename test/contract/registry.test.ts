// test/contract/registry.test.ts: the registry contract on the directory and on memory.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
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
