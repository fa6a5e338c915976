// test/quality/run.ts: `npm run quality -- <name>`: finds the quality programs by name and runs one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../shared/config/package-root.ts';

const folder = join(packageRoot, 'test/quality/programs');
const names = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
const [name, ...rest] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`Usage: npm run quality -- <${names.sort().join('|')}> [options]\n`);
  process.exitCode = 2;
} else {
  const program: unknown = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
  if (typeof program !== 'object' || program === null) throw new TypeError(`${name}.ts is no module`);
  if (rest.includes('--help')) {
    // The first line of a program says what it asks; those with options of their own list them.
    const [line = ''] = readFileSync(join(folder, `${name}.ts`), 'utf8').split('\n');
    process.stdout.write(`${line.replace(/^\/\/ /, '')}\n`);
    if ('HELP' in program) process.stdout.write(`${program.HELP}\n`);
  } else if ('run' in program && typeof program.run === 'function') {
    await program.run(rest);
  }
}
