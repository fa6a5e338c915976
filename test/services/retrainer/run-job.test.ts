// test/services/retrainer/run-job.test.ts: a job within its budget gives its report; one that takes too long, too much, or crashes is recorded as such.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type JobLimits, runJob } from '../../../services/retrainer/run-job.ts';

const roomy: JobLimits = { milliseconds: 60_000, megabytes: 4_096 };

/** Runs a program of a few lines as the job. */
async function runProgram(
  program: string,
  {
    limits = roomy,
    signal = new AbortController().signal,
    prefix = 'fraud-test-job-',
  }: { readonly limits?: JobLimits; readonly signal?: AbortSignal; readonly prefix?: string } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'job.mjs');
  writeFileSync(file, program);
  return runJob({ main: pathToFileURL(file), environment: process.env, limits, signal });
}

const report = JSON.stringify({ outcome: 'challenger', run: 'run-1', modelVersion: 'retrained-1', more: 1 });

test('a job that ends gives its report and exit status', async () => {
  expect(await runProgram(`process.stdout.write(${JSON.stringify(report)})`)).toMatchObject({
    outcome: 'challenger',
    run: 'run-1',
    modelVersion: 'retrained-1',
    exitStatus: 0,
  });
});

test('a refusal is no failure: it has a report, and an exit status of its own', async () => {
  const refused = report.replace('challenger', 'refused');
  expect(
    await runProgram(`process.stdout.write(${JSON.stringify(refused)}); process.exitCode = 3`),
  ).toMatchObject({ outcome: 'refused', exitStatus: 3 });
});

test('a crash is recorded with its last words', async () => {
  expect(
    await runProgram(`console.error('first'); console.error('no rows'); process.exit(10)`),
  ).toMatchObject({
    outcome: 'failed',
    exitStatus: 10,
    failure: 'no rows',
  });
});

test('last words that are a line of the log are told as what they say', async () => {
  const line = JSON.stringify({ level: 60, err: { message: 'There are no rows.' }, msg: 'retrainer ends' });
  expect(await runProgram(`console.error(${JSON.stringify(line)}); process.exit(10)`)).toMatchObject({
    failure: 'There are no rows.',
  });
});

test('a job that takes too long is ended, even one that does not listen', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
  expect(await runProgram(stubborn, { limits: { ...roomy, milliseconds: 1_000 } })).toMatchObject({
    outcome: 'out-of-time',
    exitStatus: null,
  });
}, 30_000);

test.runIf(process.platform === 'linux')(
  'a job that takes too much memory is ended',
  async () => {
    const greedy = `const kept = []; setInterval(() => kept.push(Buffer.alloc(50e6, 1)), 50);`;
    const result = await runProgram(greedy, { limits: { ...roomy, megabytes: 400 } });
    expect(result).toMatchObject({ outcome: 'out-of-memory' });
    expect(result?.peakMemoryMegabytes).toBeGreaterThan(400);
  },
  30_000,
);

test('a job given up has no result: somebody else goes on with it', async () => {
  const stop = new AbortController();
  const running = runProgram('setInterval(() => {}, 1000)', { signal: stop.signal });
  stop.abort();
  expect(await running).toBeUndefined();
});

test('a program whose path has a space and a letter beyond ASCII is found', async () => {
  const program = `process.stdout.write(${JSON.stringify(report)})`;
  expect(await runProgram(program, { prefix: 'fraud test jöb-' })).toMatchObject({ outcome: 'challenger' });
});

test('a process that cannot be started is a job that failed, with the reason', async () => {
  const { execPath } = process;
  onTestFinished(() => {
    process.execPath = execPath;
  });
  process.execPath = '/nowhere/node';
  expect(await runProgram('')).toMatchObject({
    outcome: 'failed',
    exitStatus: null,
    failure: expect.stringContaining('/nowhere/node'),
  });
});
