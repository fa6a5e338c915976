// test/services/retrainer/exit-status.test.ts: `fraudctl retrain` ends with the status of what happened in the process it started.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readRetrainerSettings } from '../../../services/retrainer/config.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';

function fraudctl(...args: string[]): Promise<{ code: number; stderr: string }> {
  const main = join(packageRoot, 'services/fraudctl/main.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', main, ...args],
      { cwd: packageRoot },
      (error, _out, stderr) => resolve({ code: error ? Number(error.code) : 0, stderr }),
    );
  });
}

test('an empty archive: status 10, the code and what to do, a failed run on record, the champion untouched', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-status-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders = ['archive', 'registry', 'runs'].map((name) => join(root, name));
  const [archive = '', registry = '', runs = ''] = folders;
  const { code, stderr } = await fraudctl(
    'retrain',
    ...['--archive', archive, '--registry', registry, '--runs', runs, '--backend', 'cpu', '--promote'],
  );
  expect(code).toBe(10);
  expect(stderr).toContain('FRAUD_TRAINING_NO_ROWS');
  expect(stderr).toContain('Look whether the archiver runs');
  const [run = ''] = readdirSync(runs);
  expect(JSON.parse(readFileSync(join(runs, run, 'run.json'), 'utf8'))).toMatchObject({ state: 'failed' });
  expect(await new FileRegistry(registry).listVersions()).toHaveLength(1);
}, 60_000);

test('a setting out of range is told by its name', () => {
  expect(() => readRetrainerSettings({ FRAUD_RETRAIN_GENUINE_SHARE: '7' })).toThrow(
    /FRAUD_RETRAIN_GENUINE_SHARE/,
  );
});
