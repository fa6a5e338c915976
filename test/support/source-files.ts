// test/support/source-files.ts: the sources of this package with what each imports, for tests about their structure.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';

export interface SourceFile {
  /** Relative to the package root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Paths of our own files that it imports, statically or not, types included. */
  readonly imports: readonly string[];
  /** Those of them that remain when types are erased. */
  readonly runtimeImports: readonly string[];
  /** Names of packages (`node:` ones too) that it imports or requires. */
  readonly packages: readonly string[];
}

/** Every way a module is named: import, export from, import(), require(), new URL for a worker stays out. */
const SPECIFIER =
  /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\brequire\w*\(import\.meta\.url\)\(\s*|\brequire\(\s*)'([^']+)'/g;

/** `@scope/name/inside` → `@scope/name`; `name/inside` → `name`. */
const toPackage = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** `import type … from '…'` and `export type … from '…'`: gone at run time. */
const TYPE_ONLY = /^(?:import|export) type\b[^;]*;/gm;

const specifiersOf = (text: string): string[] =>
  [...text.matchAll(SPECIFIER)].flatMap(([, specifier]) => specifier ?? []);

function readSource(path: string): SourceFile {
  const text = readFileSync(join(packageRoot, path), 'utf8');
  const toPaths = (specifiers: readonly string[]) =>
    specifiers
      .filter((one) => one.startsWith('.'))
      .map((one) => relative(packageRoot, resolve(packageRoot, dirname(path), one)));
  const specifiers = specifiersOf(text);
  return {
    path,
    text,
    imports: toPaths(specifiers),
    runtimeImports: toPaths(specifiersOf(text.replaceAll(TYPE_ONLY, ''))),
    packages: specifiers.filter((one) => !one.startsWith('.')).map(toPackage),
  };
}

/** Sources below the folders named; generated code (`_pb.ts`) is left out. */
export function readSources(
  folders: readonly string[],
  extensions: readonly string[] = ['.ts'],
): SourceFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((path) => extensions.some((extension) => path.endsWith(extension)) && !/[_-]pb\.ts$/.test(path))
    .sort()
    .map(readSource);
}
