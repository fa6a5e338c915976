// infra/local/prepare.mjs: set-up shared by npm start and npm test: prerequisites, locked dependencies, build. Plain JavaScript: nothing is installed yet.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './ensure-built.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { findPrerequisites, tellMissing } from './prerequisites.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Leaves the process with exit code 2 when something is missing, with 1 when a step fails. @param {string} [brokers] a running broker */
export function prepare(brokers) {
  if (!tellMissing(findPrerequisites(brokers))) process.exit(2);
  if (!installDependencies(root)) {
    process.stderr.write('\nnpm ci failed: mend what it names above, then run this again.\n');
    process.exit(1);
  }
  if (!ensureBuilt(pathToFileURL(`${root}/`))) process.exit(1);
}
