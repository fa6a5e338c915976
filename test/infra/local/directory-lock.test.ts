// test/infra/local/directory-lock.test.ts: one demonstration per directory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdDirectory, refuseRunning } from '../../../infra/local/directory-lock.ts';

/** Larger than any process id Linux gives out. */
const NOBODY = 2 ** 30;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fraud-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a directory that a running process holds is refused, and the process named', () => {
  writeFileSync(join(directory, 'running.pid'), String(process.ppid));
  expect(() => refuseRunning(directory)).toThrow(
    expect.objectContaining({ code: 'FRAUD_DEMONSTRATION_RUNNING' }),
  );
  expect(() => refuseRunning(directory)).toThrow(String(process.ppid));
});

test('what a killed process left behind, an empty directory and the own mark are not in the way', () => {
  expect(() => refuseRunning(directory)).not.toThrow();
  writeFileSync(join(directory, 'running.pid'), String(NOBODY));
  expect(() => refuseRunning(directory)).not.toThrow();
  holdDirectory(directory);
  expect(() => refuseRunning(directory)).not.toThrow();
});
