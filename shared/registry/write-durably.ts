// shared/registry/write-durably.ts: a file written, flushed and closed, so that a rename after it can be trusted.
import { open } from 'node:fs/promises';

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
