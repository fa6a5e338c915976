// test/integrity/retrain-kill.test.ts: a retraining killed at random moments goes on, registers nothing half, and ends with the version of an uninterrupted run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../shared/config/package-root.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { writeScoredArchive } from '../support/scored-archive.ts';

const KILLS = Number(process.env.FRAUD_INTEGRITY_KILLS ?? 10);
const SEED = Number(process.env.FRAUD_INTEGRITY_SEED ?? Math.floor(performance.timeOrigin % 1_000_000));
const CUT = '2026-03-17T00:00:00.000Z';

/** Settings of one run; registry and runs lie below `directory`. */
const environmentOf = (directory: string, archive: string): Record<string, string> => ({
  FRAUD_ARCHIVE: archive,
  FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
  FRAUD_RUNS_DIRECTORY: join(directory, 'runs'),
  FRAUD_RETRAIN_CUT: CUT,
  FRAUD_RETRAIN_TRAINING_DAYS: '30',
  FRAUD_RETRAIN_CALIBRATION_DAYS: '10',
  FRAUD_RETRAIN_TEST_DAYS: '10',
  FRAUD_RETRAIN_ROWS_SEEN: '20000',
});

function start(environment: Record<string, string>) {
  const main = join(packageRoot, 'services/retrainer/main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const ended = once(child, 'close').then(([code]) => ({ code, text: Buffer.concat(parts).toString() }));
  return { child, ended };
}

async function runThrough(
  environment: Record<string, string>,
): Promise<{ manifestDigest: string; outcome: string }> {
  const { code, text } = await start(environment).ended;
  // 3: a gate refused; the version is registered for the record all the same.
  expect([0, 3]).toContain(code);
  return JSON.parse(text);
}

test(`${KILLS} kills at random moments change nothing about what comes out (seed ${SEED})`, async () => {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-retrain-kill-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const archive = join(root, 'archive');
  await writeScoredArchive(archive, {
    seed: 43,
    cards: 80,
    days: 75,
    startTime: '2026-01-01T00:00:00.000Z',
    fraudRate: 0.03,
    appliedEvents: false,
  });
  const begun = performance.now();
  const plain = await runThrough(environmentOf(join(root, 'plain'), archive));
  const runMs = Math.round(performance.now() - begun);

  const killed = environmentOf(join(root, 'killed'), archive);
  const registry = new FileRegistry(join(root, 'killed', 'registry'));
  const generator = xoroshiro128plus(SEED);
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, ended } = start(killed);
    await Promise.race([wait(uniformInt(generator, Math.round(runMs * 0.2), runMs)), ended]);
    child.kill('SIGKILL');
    await ended;
    // Whatever is visible is whole.
    for (const version of await registry.listVersions()) await registry.loadVerified(version);
  }
  const resumed = await runThrough(killed);
  expect(resumed.manifestDigest).toBe(plain.manifestDigest);
  expect(resumed.outcome).toBe(plain.outcome);
  expect(await registry.listVersions()).toHaveLength(2);
  expect(readdirSync(join(root, 'killed', 'runs'))).toHaveLength(1);
});
