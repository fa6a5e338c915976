// test/shared/erasure/tombstones.test.ts: an erased card stays erased for what came before, in every process, and its token is nowhere.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openTombstones } from '../../../shared/erasure/tombstones.ts';

function useDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-tombstones-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('events up to the erasure are left out, later ones and other cards are not', async () => {
  const tombstones = openTombstones(useDirectory());
  await tombstones.bury('bank', 'tok_gone', 1_000);
  expect(tombstones.isErased('bank', 'tok_gone', 1_000)).toBe(true);
  expect(tombstones.isErased('bank', 'tok_gone', 1_001)).toBe(false);
  expect(tombstones.isErased('bank', 'tok_other', 1)).toBe(false);
  expect(tombstones.isErased('other', 'tok_gone', 1)).toBe(false);
});

test('another process sees a tombstone after a look, a second erasure included; no file names the card', async () => {
  const directory = useDirectory();
  const other = openTombstones(directory);
  const tombstones = openTombstones(directory);
  await tombstones.bury('bank', 'tok_gone', 1_000);
  await tombstones.bury('bank', 'tok_gone', 2_000);
  await tombstones.bury('bank', 'tok_gone', 2_000);
  await expect.poll(() => other.isErased('bank', 'tok_gone', 1_500), { timeout: 10_000 }).toBe(true);
  expect(openTombstones(directory).list()).toEqual(tombstones.list());
  const files = readdirSync(directory);
  expect(files).toHaveLength(2);
  expect(files.map((file) => readFileSync(join(directory, file), 'utf8')).join()).not.toContain('tok_gone');
});
