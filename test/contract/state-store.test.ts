// test/contract/state-store.test.ts: runs the state-store contract on the memory and the LMDB adapter.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { describeStateStore } from './state-store.ts';

describeStateStore('memory', () => {
  const store = createMemoryStateStore();
  return { store, finish: () => store.close() };
});

for (const survivesPowerLoss of [false, true]) {
  describeStateStore(survivesPowerLoss ? 'lmdb, flushed' : 'lmdb', () => {
    const directory = mkdtempSync(join(tmpdir(), 'state-store-test-'));
    const store = createLmdbStateStore({ directory, survivesPowerLoss, mapSizeBytes: 2 ** 28 });
    return {
      store,
      finish: async () => {
        await store.close();
        rmSync(directory, { recursive: true });
      },
    };
  });
}
