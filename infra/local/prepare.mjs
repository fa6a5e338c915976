// infra/local/prepare.mjs: set-up shared by npm start and npm test: prerequisites, locked dependencies, build. Plain JavaScript: nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMissing } from './prerequisites.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** Newest change below a folder, sources only. */
function newestSource(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return Math.max(newest, newestSource(path));
    return entry.name.endsWith('.ts') ? Math.max(newest, changedAt(path)) : newest;
  }, 0);
}

function run(command, args, why) {
  process.stderr.write(`${why} …\n`);
  // Standard output belongs to the result (--json): whatever these print goes to standard error.
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: process.env.ONNXRUNTIME_NODE_INSTALL ?? 'skip' },
  });
  if (status !== 0) {
    process.stderr.write(
      `\n"${command} ${args.join(' ')}" failed (exit ${status}). Mend what it names above, then run this again.\n`,
    );
    process.exit(1);
  }
}

function installDependencies() {
  const installed = changedAt(join(root, 'node_modules/.package-lock.json'));
  if (installed >= changedAt(join(root, 'package-lock.json'))) return;
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Installing locked dependencies (about half a minute)',
  );
}

function build() {
  const built = changedAt(join(root, 'dist/.tsbuildinfo'));
  const newest = Math.max(
    ...['services', 'shared', 'schemas', 'infra', 'test'].map((folder) => newestSource(join(root, folder))),
  );
  if (built >= newest) return;
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [compiler, '-p', join(root, 'infra/build/tsconfig.json')], 'Building');
}

/** Leaves the process with exit code 2 when something is missing, with 1 when a step fails. */
export function prepare({ brokers } = {}) {
  const missing = findMissing(brokers);
  if (missing.length > 0) {
    process.stderr.write(`Missing:\n${missing.map((one) => `  - ${one}`).join('\n')}\n`);
    process.exit(2);
  }
  installDependencies();
  build();
}
