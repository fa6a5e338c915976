// test/support/examples.ts: the examples of schemas/examples: what they hold and what must become of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';

export interface Example {
  readonly file: string;
  readonly bytes: Buffer;
  /** Undefined for valid ones; else the code in the file name: `invalid.<code>.<name>.json`. */
  readonly code: string | undefined;
}

/** The instant at which the examples are judged: the day of their event times. */
export const examplesClockMs = Date.parse('2026-11-24T12:00:00Z');

/** Examples of one subject, by file name. */
export function readExamples(subject: string): readonly Example[] {
  const folder = join(packageRoot, 'schemas', 'examples', subject);
  return readdirSync(folder)
    .sort()
    .map((file) => ({
      file,
      bytes: readFileSync(join(folder, file)),
      code: file.startsWith('invalid.') ? file.split('.')[1] : undefined,
    }));
}
