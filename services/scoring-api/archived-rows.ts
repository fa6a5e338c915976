// services/scoring-api/archived-rows.ts: erased cards out of the archive, at once, where this process is told where it lies.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuck } from '../../shared/archive/duck.ts';
import { eraseCards } from '../../shared/archive/erase-cards.ts';
import { openArchive } from '../../shared/archive/open-archive.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';

/** One core: scoring needs the others. */
const DUCK_THREADS = 1;

/** Every tombstone set so far; opened for the pass alone. Returns the rows removed. */
export async function eraseArchivedRows(
  archive: string,
  tombstones: Pick<Tombstones, 'list'>,
): Promise<number> {
  const store = await openArchive(archive);
  const duck = await openDuck({ memoryLimit: '512MB', threads: DUCK_THREADS });
  const directory = await mkdtemp(join(tmpdir(), 'fraud-erasure-'));
  try {
    return await eraseCards({ store, connection: duck.connection }, tombstones.list(), directory);
  } finally {
    duck.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
}
