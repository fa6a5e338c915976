// shared/sequence/lmdb-environment.ts: opens the LMDB environment of a state store; the options and what they promise.
import { statfsSync } from 'node:fs';
import type { Database, Key, RootDatabase } from 'lmdb';
import { AppError } from '../errors.ts';
import { openGated } from '../storage/lmdb-gate.ts';

/** Where the state lies and how much it may grow. */
export interface LmdbOptions {
  /** Directory of the environment; made when missing. Several processes of one machine may open it, not over a network file system. */
  readonly directory: string;
  /** Upper bound of the store in bytes of address space; the file is sparse and takes what it holds. Default 64 GiB. */
  readonly mapSizeBytes?: number;
  /** Flush to the disk behind each commit, so that a power cut leaves the last flushed commit. Costs about as much again as the commit. Default false. */
  readonly survivesPowerLoss?: boolean;
}

type Table<TableKey extends Key> = Database<Uint8Array, TableKey>;

/** The tables of a state store. */
export interface LmdbEnvironment {
  readonly root: RootDatabase;
  readonly records: Table<string>;
  readonly decisions: Table<string>;
  /** [hour of expiry, first decision key] → decision keys, one per line. */
  readonly expiry: Table<[number, string]>;
  readonly offsets: Table<[string, number]>;
  readonly outbox: Table<[string, number, number]>;
  /** 'revision' → number of commits so far (f64): tells a process whether another one wrote. */
  readonly revision: Table<string>;
  /** Parked label evidence, and counts per source (lmdb-evidence-table.ts). */
  readonly evidence: Table<string>;
  /** @throws AppError FRAUD_STORE_UNAVAILABLE when the disk is nearly full: writing on through the memory map would end the process. */
  ensureSpace(): void;
  /** A write transaction: the only way to write. Reads inside see the last commit of any process. */
  write<Answer>(action: () => Answer): Answer;
  close(): Promise<void>;
}

const DEFAULT_MAP_BYTES = 64 * 2 ** 30;
/** Less free space than this refuses commits: room for the largest commits in flight of a few processes. */
const MINIMUM_FREE_BYTES = 128 * 2 ** 20;

/**
 * Promises. A commit survives `kill -9` at any moment: pages are written to free places of the memory map, and the commit
 * becomes visible with the last word written; what a process wrote there belongs to the kernel, not to the process.
 * Two processes take turns at the write lock, which the kernel hands on when its holder dies, and nobody writes while another opens (lmdb-gate.ts). No flush per commit by default:
 * after a power cut the store may be older or unreadable; it is answered by seeking to the smaller of the
 * committed and the stored offset, or by `fraudctl state rebuild`.
 */
export function openEnvironment(options: LmdbOptions): LmdbEnvironment {
  const { directory } = options;
  try {
    const { root, tables, write, close } = openGated(toOpenOptions(options), openTables);
    return { root, ...tables, write, close, ensureSpace: () => ensureSpace(directory) };
  } catch (cause) {
    throw new AppError('FRAUD_STORE_UNAVAILABLE', { detail: 'Opening failed.', cause, facts: { directory } });
  }
}

function openTables(root: RootDatabase) {
  const table = <TableKey extends Key>(name: string): Table<TableKey> =>
    root.openDB<Uint8Array, TableKey>({ name, encoding: 'binary' });
  return {
    records: table<string>('records'),
    decisions: table<string>('decisions'),
    expiry: table<[number, string]>('expiry'),
    offsets: table<[string, number]>('offsets'),
    outbox: table<[string, number, number]>('outbox'),
    revision: table<string>('revision'),
    evidence: table<string>('evidence'),
  };
}

function toOpenOptions({ directory, mapSizeBytes, survivesPowerLoss = false }: LmdbOptions) {
  return {
    path: directory,
    mapSize: mapSizeBytes ?? DEFAULT_MAP_BYTES,
    noSubdir: false,
    maxDbs: 12,
    noReadAhead: true, // reads are of single pages, at random
    pageSize: 8192, // records up to 4 kB lie in leaf pages, several small ones together: a third less disk than 4-kB pages
    overlappingSync: survivesPowerLoss,
    noSync: !survivesPowerLoss,
    useWritemap: !survivesPowerLoss && process.platform !== 'win32',
  };
}

function ensureSpace(directory: string): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize >= MINIMUM_FREE_BYTES) return;
  throw new AppError('FRAUD_STORE_UNAVAILABLE', {
    detail: 'The disk is nearly full.',
    facts: { directory, freeBytes: bavail * bsize },
  });
}
