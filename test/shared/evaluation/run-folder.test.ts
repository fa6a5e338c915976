// test/shared/evaluation/run-folder.test.ts: runs are found by id or by a beginning that is theirs alone, and a broken record is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listRuns, readRun, toRunId, writeRunRecord } from '../../../shared/evaluation/run-folder.ts';
import { RUN_FILE, type RunRecord } from '../../../shared/evaluation/run-record.ts';

let runs = '';
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'runs-'));
});
afterEach(() => rmSync(runs, { recursive: true }));

const record = (id: string, startedAt: string): RunRecord => ({
  formatVersion: 1,
  id,
  kind: 'transfer',
  state: 'finished',
  startedAt,
  config: { technique: 'fine-tune', layers: 2 },
  seeds: [1],
  inputs: {},
  metrics: { averagePrecision: 0.7, 'averagePrecision.lower': null },
  artifacts: { report: 'report.html' },
});

test('runs are listed by their start, whatever they are called', () => {
  writeRunRecord(runs, record('a', '2026-02-01T00:00:00Z'));
  writeRunRecord(runs, record('b', '2026-01-01T00:00:00Z'));
  expect(listRuns(runs).map(({ id }) => id)).toEqual(['b', 'a']);
  expect(listRuns(join(runs, 'nowhere'))).toEqual([]);
});

test('a run that is written again replaces its record', () => {
  writeRunRecord(runs, { ...record('a', '2026-02-01T00:00:00Z'), state: 'running' });
  writeRunRecord(runs, record('a', '2026-02-01T00:00:00Z'));
  expect(readRun(runs, 'a').state).toBe('finished');
});

test('a run is found by a beginning, unless several share it', () => {
  const startedAt = new Date('2026-11-24T14:05:33Z');
  const [one, other] = [toRunId(startedAt, 'fine-tune', '3f9c01'), toRunId(startedAt, 'adapt', '3f9c01')];
  expect(one).toBe('2026-11-24t1405-fine-tune-3f9c');
  for (const id of [one, other]) writeRunRecord(runs, record(id, startedAt.toISOString()));
  expect(readRun(runs, '2026-11-24t1405-f').id).toBe(one);
  expect(() => readRun(runs, '2026')).toThrow(/2 runs begin with/);
  expect(() => readRun(runs, 'x')).toThrow(/no run "x"/);
});

test('a broken record is named with what is wrong', () => {
  const folder = writeRunRecord(runs, record('a', '2026-02-01T00:00:00Z'));
  writeFileSync(join(folder, RUN_FILE), '{"id": "a"');
  expect(() => listRuns(runs)).toThrow(/run\.json is no record of a run/);
});
