// infra/local/prepare.mjs: set-up shared by npm start and npm test: prerequisites, locked dependencies, build. Plain JavaScript: nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './ensure-built.mjs';
import { findPrerequisites, tellMissing } from './prerequisites.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** Installs when node_modules is missing or older than the lock file. */
function installDependencies() {
  const installed = changedAt(join(root, 'node_modules/.package-lock.json'));
  if (installed >= changedAt(join(root, 'package-lock.json'))) return true;
  process.stderr.write('Installing locked dependencies (about half a minute) …\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // Standard output belongs to the result (--json): what npm prints goes to standard error.
    stdio: ['ignore', 2, 2],
    // ONNX Runtime's script would fetch GPU libraries from elsewhere; npm run setup:gpu brings them.
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env },
  });
  return status === 0;
}

/** Leaves the process with exit code 2 when something is missing, with 1 when a step fails. @param {string} [brokers] a running broker */
export function prepare(brokers) {
  if (!tellMissing(findPrerequisites(brokers))) process.exit(2);
  if (!installDependencies()) {
    process.stderr.write('\nnpm ci failed: mend what it names above, then run this again.\n');
    process.exit(1);
  }
  if (!ensureBuilt(pathToFileURL(`${root}/`))) process.exit(1);
}
