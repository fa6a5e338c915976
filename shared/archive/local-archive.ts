// shared/archive/local-archive.ts: ArchiveStore in a directory: written beside, flushed, then renamed into place.
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AppError } from '../errors.ts';
import type { ArchiveObject, ArchiveStore } from './archive-store.ts';

/** Files under way; left-overs of a killed process are never listed, and removed at the next start. */
const INCOMING = '.incoming';

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @param root made when missing; several processes may use it, on a file system that renames atomically */
export async function openLocalArchive(root: string): Promise<ArchiveStore> {
  const incoming = join(root, INCOMING);
  await mkdir(incoming, { recursive: true });
  await removeStale(incoming);
  const pathOf = (name: string): string => join(root, ...name.split('/'));

  const describe = async (path: string): Promise<ArchiveObject[]> => {
    try {
      const { size, mtimeMs, ino } = await stat(path);
      const name = relative(root, path).split(sep).join('/');
      return [{ name, bytes: size, version: `${ino}-${mtimeMs}-${size}` }];
    } catch (cause) {
      // Renamed away or removed since it was listed.
      if (isMissing(cause)) return [];
      throw cause;
    }
  };

  const walk = async (directory: string): Promise<ArchiveObject[]> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
      if (isMissing(cause)) return [];
      throw cause;
    });
    const found: ArchiveObject[] = [];
    for (const entry of entries) {
      if (entry.name === INCOMING) continue;
      const path = join(directory, entry.name);
      found.push(...(entry.isDirectory() ? await walk(path) : await describe(path)));
    }
    return found;
  };

  return {
    put: async (name, file) => {
      const draft = join(incoming, randomUUID());
      const target = pathOf(name);
      await copyFile(file, draft);
      await flush(draft);
      await mkdir(dirname(target), { recursive: true });
      await rename(draft, target);
      await flush(dirname(target));
    },
    list: async (prefix) => {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const found = await walk(pathOf(folder));
      return found
        .filter(({ name }) => name.startsWith(prefix))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
    },
    fetch: async ({ name }) => {
      const [found] = await describe(pathOf(name));
      if (!found) throw new AppError('FRAUD_ARCHIVE_MISSING', { detail: name });
      return pathOf(name);
    },
    remove: async (names) => {
      for (const name of names) await rm(pathOf(name), { force: true });
    },
    close: async () => {},
  };
}

/** A file under way is written within minutes: one from long ago belongs to a process that was killed. */
const STALE_MS = 3_600_000;

async function removeStale(incoming: string): Promise<void> {
  const { mtimeMs: nowMs } = await stat(incoming);
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const found = await stat(path).catch(() => undefined);
    if (found && nowMs - found.mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
