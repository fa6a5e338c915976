// test/infra/local-set-up.test.ts: one Kafka version everywhere, and everything that is missing on a machine told at once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createClusterId } from '../../infra/local/jvm-broker.ts';
import { KAFKA_VERSION } from '../../infra/local/kafka-jars.ts';
import { packageRoot } from '../../shared/config/package-root.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-set-up-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the jars, the container image, the compose file and the prerequisites name one Kafka version', () => {
  expect(read('infra/local/kafka-pom.xml')).toContain(
    `<artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version>`,
  );
  expect(read('infra/compose.yaml')).toContain(`apache/kafka:${KAFKA_VERSION}\n`);
  expect(read('infra/local/prerequisites.mjs')).toContain(`kafka-${KAFKA_VERSION}`);
});

test('a cluster id never looks like an option, whatever bytes chance gives', () => {
  for (let first = 0; first < 256; first++) {
    const id = createClusterId((length) => Buffer.alloc(length, 200).fill(first, 0, 1));
    expect(id).toMatch(/^[A-Za-z0-9_][\w-]{21}$/);
  }
});

/** What prerequisites.mjs finds on a machine whose PATH and home are an empty folder. */
function findOnEmptyMachine(environment: Record<string, string> = {}) {
  const empty = useFolder();
  const env = { PATH: empty, HOME: empty, XDG_CACHE_HOME: empty, ...environment };
  return JSON.parse(
    execFileSync(process.execPath, [join(packageRoot, 'infra/local/prerequisites.mjs')], {
      env,
      encoding: 'utf8',
    }),
  );
}

test('without a container engine, Java and Maven are both told as missing, each with its command', () => {
  const found = findOnEmptyMachine();
  expect(found.route).toBe(null);
  expect(found.missing.map(({ what }: { what: string }) => what)).toEqual([
    expect.stringContaining('JDK'),
    expect.stringContaining('Maven'),
  ]);
  for (const { command } of found.missing) expect(command).toMatch(/install/);
});

test('with a broker that runs already, neither Java nor Maven is asked for', () => {
  expect(findOnEmptyMachine({ FRAUD_KAFKA_BROKERS: '127.0.0.1:9092' })).toMatchObject({
    route: 'given',
    missing: [],
  });
});

test('a build is fresh until a source is younger than it', async () => {
  const folder = useFolder();
  const module = pathToFileURL(join(packageRoot, 'infra/local/ensure-built.mjs')).href;
  const { isBuilt }: { isBuilt: (directory: string) => boolean } = await import(module);
  for (const name of ['services/a', 'dist']) await mkdir(join(folder, name), { recursive: true });
  const source = join(folder, 'services/a/main.ts');
  const marker = join(folder, 'dist/.tsbuildinfo');
  writeFileSync(source, '');
  expect(isBuilt(folder)).toBe(false);
  writeFileSync(marker, '');
  utimesSync(source, 1_000, 1_000);
  utimesSync(marker, 2_000, 2_000);
  expect(isBuilt(folder)).toBe(true);
  utimesSync(source, 3_000, 3_000);
  expect(isBuilt(folder)).toBe(false);
});

test('fraudctl installs in a fresh clone, and nowhere else', async () => {
  const [folder, tools] = [useFolder(), useFolder()];
  // An npm that only says that it was called.
  writeFileSync(join(tools, 'npm'), '#!/bin/sh\nmkdir node_modules\n', { mode: 0o755 });
  const module = pathToFileURL(join(packageRoot, 'infra/local/install-dependencies.mjs')).href;
  const install = `import { ensureInstalled } from '${module}'; process.exit(ensureInstalled(new URL('file://${folder}/')) ? 0 : 1)`;
  const run = () =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', install], {
      env: { PATH: `${tools}:/usr/bin:/bin` },
      stdio: 'pipe',
    });
  run();
  expect(existsSync(join(folder, 'node_modules'))).toBe(false);
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  run();
  expect(existsSync(join(folder, 'node_modules'))).toBe(true);
  // Called once more, mkdir would fail.
  run();
});
