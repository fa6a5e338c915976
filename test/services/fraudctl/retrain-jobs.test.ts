// test/services/fraudctl/retrain-jobs.test.ts: `fraudctl retrain status | history | request`: told from the ledger, for people and as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { register } from '../../../services/fraudctl/verbs/retrain.ts';
import { systemClock } from '../../../shared/clock.ts';
import { openJobLedger } from '../../../shared/jobs/job-ledger.ts';
import { ledgerDirectory } from '../../../shared/jobs/job-places.ts';
import { tellVerb } from '../../support/tell-verb.ts';

function useRegistry() {
  const registry = mkdtempSync(join(tmpdir(), 'fraud-test-jobs-'));
  onTestFinished(() => rmSync(registry, { recursive: true, force: true }));
  /** What `fraudctl retrain …` prints. */
  const tell = (...words: string[]): Promise<string> =>
    tellVerb(register, ['retrain', ...words, '--registry', registry]);
  return { registry, tell, ledger: openJobLedger(ledgerDirectory(registry), systemClock) };
}

test('a request waits, and status says who asked and why', async () => {
  const { tell } = useRegistry();
  expect(await tell('request', '--reason', 'wave of testing')).toContain('asked for');
  expect(await tell('status')).toMatch(/running {2}nothing\nlast {5}nothing yet\nwaiting .*wave of testing/);
  expect(JSON.parse(await tell('status', '--json'))).toMatchObject({
    waiting: [{ reason: 'wave of testing' }],
  });
});

test('history tells every job with its state, oldest first', async () => {
  const { tell, ledger } = useRegistry();
  expect(await tell('history')).toBe('no jobs yet\n');
  const first = await ledger.claim({ kind: 'drift', key: 'champion|1', note: 'score 9.1' }, 'left', 60_000);
  await first?.finish({
    outcome: 'promoted',
    finishedAt: new Date().toISOString(),
    exitStatus: 0,
    modelVersion: 'retrained-1',
  });
  await ledger.claim({ kind: 'schedule', key: 'monday' }, 'right', 60_000);
  expect(JSON.parse(await tell('history', '--json'))).toMatchObject([
    { fence: 1, state: 'promoted', holder: 'left' },
    { fence: 2, state: 'running', holder: 'right' },
  ]);
  const lines = (await tell('history')).split('\n');
  expect(lines[0]).toMatch(/promoted +drift .*retrained-1 {2}score 9\.1 {2}\(left\)/);
  expect(JSON.parse(await tell('status', '--json'))).toMatchObject({
    running: { cause: { kind: 'schedule' } },
    last: { end: { modelVersion: 'retrained-1' } },
  });
});
