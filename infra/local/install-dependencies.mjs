// infra/local/install-dependencies.mjs: brings the locked dependencies; plain JavaScript, it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function install(root) {
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

/** Installs when node_modules is missing or older than the lock file. False: npm failed and has said why. */
export function installDependencies(root) {
  const installed = changedAt(join(root, 'node_modules/.package-lock.json'));
  return installed >= changedAt(join(root, 'package-lock.json')) || install(root);
}

/** Installs in a fresh clone only: a package that was installed into another project has no lock file of its own. */
export function ensureInstalled(root) {
  const directory = fileURLToPath(root);
  const isFresh =
    existsSync(join(directory, 'package-lock.json')) && !existsSync(join(directory, 'node_modules'));
  return !isFresh || install(directory);
}
