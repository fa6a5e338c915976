// shared/jobs/read-job-file.ts: one file of a directory of jobs; a damaged one is named and passed over, for the others are still good.
import { readFile } from 'node:fs/promises';
import { ZodError, type ZodType } from 'zod';
import { isFileError } from '../registry/write-durably.ts';

/** Told of each file that does not hold what it should, once. */
export type OnDamaged = (path: string, error: Error) => void;

/** @returns reads a file; undefined when it is damaged, or was removed meanwhile. @throws when the disk cannot be read */
export function createJobFileReader<T>(
  schema: ZodType<T>,
  onDamaged: OnDamaged,
): (path: string) => Promise<T | undefined> {
  const told = new Set<string>();
  return async (path) => {
    try {
      return schema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      if (isFileError(error, 'ENOENT')) return undefined;
      if (!(error instanceof SyntaxError || error instanceof ZodError)) throw error;
      if (!told.has(path)) onDamaged(path, error);
      told.add(path);
      return undefined;
    }
  };
}
