// shared/storage/lmdb-tables.ts: named tables of bytes in one LMDB environment that several processes share; for everything but histories.
import type { Database, RootDatabase } from 'lmdb';
import { AppError } from '../errors.ts';
import { openGated } from './lmdb-gate.ts';

/** Keys are compared part by part: texts by bytes, numbers by value. */
export type TableKey = string | readonly (string | number)[];

export interface Table {
  get(key: TableKey): Uint8Array | undefined;
  put(key: TableKey, value: Uint8Array): void;
  remove(key: TableKey): boolean;
  /** Entries from `start` (inclusive) to `end` (exclusive), in key order, or backwards from `start`. */
  entries(range?: {
    readonly start?: TableKey;
    readonly end?: TableKey;
    readonly limit?: number;
    readonly reverse?: boolean;
  }): { readonly key: TableKey; readonly value: Uint8Array }[];
}

export interface Tables<Name extends string> {
  readonly table: Readonly<Record<Name, Table>>;
  /** Everything in `action` becomes true together; other processes wait. Reads inside see the last commit of any process. */
  transaction<Answer>(action: () => Answer): Answer;
  /** Reads from now on see what other processes have committed. Once per request is enough. */
  refresh(): void;
  close(): Promise<void>;
}

export interface TablesOptions<Name extends string> {
  /** Made when missing. Not over a network file system. */
  readonly directory: string;
  readonly names: readonly Name[];
  /** True: a commit is on the disk when it returns. False: it survives the end of the process, not a power cut, and is a hundred times faster. */
  readonly isFlushed: boolean;
}

const MAP_BYTES = 16 * 2 ** 30;

type Bytes = Database<Uint8Array, string | (string | number)[]>;

const writable = (key: TableKey): string | (string | number)[] => (typeof key === 'string' ? key : [...key]);

function toTable(bytes: Bytes): Table {
  return {
    get: (key) => bytes.getBinary(writable(key)),
    put: (key, value) => {
      bytes.putSync(writable(key), value);
    },
    remove: (key) => bytes.removeSync(writable(key)),
    entries: ({ start, end, limit, reverse = false } = {}) => {
      const range = bytes.getRange({
        reverse,
        ...(start !== undefined && { start: writable(start) }),
        ...(end !== undefined && { end: writable(end) }),
        ...(limit !== undefined && { limit }),
      });
      return [...range].map(({ key, value }) => ({ key, value: Uint8Array.from(value) }));
    },
  };
}

/** @throws AppError FRAUD_STORE_UNAVAILABLE when the environment cannot be opened */
export function openTables<Name extends string>(options: TablesOptions<Name>): Tables<Name> {
  const { directory, names, isFlushed } = options;
  try {
    const options = {
      path: directory,
      mapSize: MAP_BYTES,
      noSubdir: false,
      maxDbs: names.length + 1,
      overlappingSync: false,
      noSync: !isFlushed,
      useWritemap: !isFlushed && process.platform !== 'win32',
    };
    const openAll = (root: RootDatabase) =>
      names.map((name): [Name, Table] => [
        name,
        toTable(root.openDB<Uint8Array, string | (string | number)[]>({ name, encoding: 'binary' })),
      ]);
    const { root, tables, write, close } = openGated(options, openAll);
    return {
      table: Object.fromEntries(tables) as Record<Name, Table>,
      transaction: write,
      refresh: () => root.resetReadTxn(),
      close,
    };
  } catch (cause) {
    throw new AppError('FRAUD_STORE_UNAVAILABLE', { detail: 'Opening failed.', cause, facts: { directory } });
  }
}
