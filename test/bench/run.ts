// test/bench/run.ts: `npm run bench -- <name>`: finds the bench programs by name, runs one, prints its table and its figures as JSON.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../shared/config/package-root.ts';
import { type BenchReport, hasMeasure, printTable } from './bench-report.ts';

const folder = join(packageRoot, 'test/bench/programs');
const names = readdirSync(folder)
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

async function runBench(name: string, options: string[]): Promise<BenchReport> {
  const program: unknown = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
  if (!hasMeasure(program)) throw new TypeError(`test/bench/programs/${name}.ts exports no measure()`);
  return program.measure(options);
}

const [name, ...options] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`Usage: npm run bench -- <${names.join('|')}> [options]\n`);
  process.exitCode = 2;
} else if (options.includes('--help')) {
  // The first line of a program says what it measures and takes.
  const [line = ''] = readFileSync(join(folder, `${name}.ts`), 'utf8').split('\n');
  process.stdout.write(`${line.replace(/^\/\/ /, '')}\n`);
} else {
  const { table, figures } = await runBench(name, options);
  // The table is for people, the JSON for programs: `npm run -s bench -- encoder 2>/dev/null | jq`.
  process.stderr.write(printTable(table));
  process.stdout.write(`${JSON.stringify({ bench: name, ...figures }, undefined, 2)}\n`);
}
