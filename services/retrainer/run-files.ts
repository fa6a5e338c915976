// services/retrainer/run-files.ts: what finished stages left in the run's folder: written beside and renamed, so that a killed run goes on from whole files.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFileError } from '../../shared/registry/write-durably.ts';

/** Written just before an alias moves: names the version. */
export const PROMOTING_FILE = 'promoting.json';

export interface RunFiles {
  readonly folder: string;
  /** Undefined when the stage did not finish. */
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

export async function openRunFiles(folder: string): Promise<RunFiles> {
  await mkdir(folder, { recursive: true });
  return {
    folder,
    read: async (name) => {
      try {
        return await readFile(join(folder, name));
      } catch (cause) {
        if (isFileError(cause, 'ENOENT')) return undefined;
        throw cause;
      }
    },
    write: async (name, bytes) => {
      const draft = join(folder, `.${randomUUID()}`);
      await writeFile(draft, bytes);
      await rename(draft, join(folder, name));
    },
  };
}
