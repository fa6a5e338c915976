// infra/local/ensure-built.mjs: brings dist/ up to date with the sources; plain JavaScript, it runs before anything is built.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE_FOLDERS = ['services', 'shared', 'schemas', 'infra'];

/** Time of the youngest .ts file below `folder`, ms. */
function youngestSource(folder) {
  let youngest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    youngest = Math.max(youngest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return youngest;
}

/** True when dist/ is as new as the sources. A package that carries no sources is always fresh. */
export function isBuilt(directory) {
  const marker = join(directory, 'dist/.tsbuildinfo');
  if (!existsSync(marker)) return false;
  const folders = SOURCE_FOLDERS.map((name) => join(directory, name)).filter((folder) => existsSync(folder));
  return Math.max(0, ...folders.map(youngestSource)) <= statSync(marker).mtimeMs;
}

/** Builds when needed, saying so on stderr. False: the build failed and has said why. */
export function ensureBuilt(root) {
  const directory = fileURLToPath(root);
  if (isBuilt(directory)) return true;
  process.stderr.write('Building (sources are newer than dist) …\n');
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: directory, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) return false;
  // A source that was touched but not changed leaves the marker as it was.
  const now = new Date();
  utimesSync(join(directory, 'dist/.tsbuildinfo'), now, now);
  return true;
}
