// shared/storage/lmdb-gate.ts: opens an LMDB environment that several processes write; opening and writing take turns.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

/*
 * LMDB, as lmdb 3.5 carries it, has a race: whoever opens an environment reads the number of its last commit from the file and
 * writes it back into the shared lock page a little later, without any lock (mdb_env_open2: `mti_txnid = meta.mm_txnid`). What
 * another process commits in between is overwritten by the next commit, whole and silently; seen in about one opening of seven
 * beside a writer that commits all the time. So nobody may commit while somebody opens.
 *
 * The gate is a second, always empty environment beside the first one, of which only the write lock is used: the kernel hands it
 * on when its holder dies, and the race has nothing to lose there, since nothing is ever written.
 */

const GATE_DIRECTORY = 'gate';
const GATE_MAP_BYTES = 2 ** 20;

export interface GatedEnvironment<Tables> {
  readonly root: RootDatabase;
  readonly tables: Tables;
  /** A write transaction; the only way to write. Waits for other writers and for those who open. */
  write<Answer>(action: () => Answer): Answer;
  close(): Promise<void>;
}

/**
 * @param options of the environment; its directory is made when missing
 * @param openTables opens every table, which may write: tables opened later would go round the gate
 */
export function openGated<Tables>(
  options: RootDatabaseOptions & { readonly path: string },
  openTables: (root: RootDatabase) => Tables,
): GatedEnvironment<Tables> {
  const path = join(options.path, GATE_DIRECTORY);
  mkdirSync(path, { recursive: true });
  const gate = open({ path, noSubdir: false, mapSize: GATE_MAP_BYTES, noSync: true, overlappingSync: false });
  const opened = gate.transactionSync(() => {
    const root = open(options);
    return { root, tables: openTables(root) };
  });
  return {
    ...opened,
    write: (action) => gate.transactionSync(() => opened.root.transactionSync(action)),
    close: async () => {
      await opened.root.close();
      await gate.close();
    },
  };
}
