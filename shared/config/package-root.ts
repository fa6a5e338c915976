// shared/config/package-root.ts: where this package lies, from source and from dist alike, so that assets are found.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(from: string): string {
  const parent = dirname(from);
  const isRoot = existsSync(join(from, 'package.json')) && existsSync(join(from, 'schemas'));
  if ((isRoot && !from.endsWith('dist')) || parent === from) return from;
  return findPackageRoot(parent);
}

/** Absolute path of the folder that holds package.json. Assets (pretrained weights, mappings, proto files) are read below it. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
