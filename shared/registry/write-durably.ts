// shared/registry/write-durably.ts: files that are there whole or not at all, whoever is killed: written and flushed beside, then given their name.
import { randomUUID } from 'node:crypto';
import { link, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Creates `path` with `bytes` and flushes it to disk. @throws when the file exists */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** True when `cause` is a file-system error with one of these codes. */
export function isFileError(cause: unknown, ...codes: string[]): boolean {
  return cause instanceof Error && 'code' in cause && codes.includes(String(cause.code));
}

/** A name beside `path` that nobody lists or reads. */
const draftBeside = (path: string): string => join(dirname(path), `.${randomUUID()}`);

/** Puts `bytes` at `path`, in the place of what is there. A reader sees the one or the other, never a part. */
export async function replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
  const draft = draftBeside(path);
  await writeDurably(draft, bytes);
  await rename(draft, path);
}

/**
 * Puts `bytes` at `path` unless something is there: `link` refuses a name that exists, so of two who try at once one fails.
 * @returns false when the name was taken
 */
export async function createDurably(path: string, bytes: Uint8Array): Promise<boolean> {
  const draft = draftBeside(path);
  await writeDurably(draft, bytes);
  try {
    await link(draft, path);
    return true;
  } catch (cause) {
    if (!isFileError(cause, 'EEXIST')) throw cause;
    return false;
  } finally {
    await unlink(draft);
  }
}

/** Names in a directory; none when it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (isFileError(cause, 'ENOENT')) return [];
    throw cause;
  }
}
