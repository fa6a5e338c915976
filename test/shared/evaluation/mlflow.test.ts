// test/shared/evaluation/mlflow.test.ts: a run arrives at a real MLflow server as it was recorded. Skipped without the command `mlflow`.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { logToMlflow } from '../../../shared/evaluation/mlflow.ts';
import { writeRunRecord } from '../../../shared/evaluation/run-folder.ts';
import type { RunRecord } from '../../../shared/evaluation/run-record.ts';

const command = process.env.FRAUD_TEST_MLFLOW ?? 'mlflow';
const isInstalled = spawnSync(command, ['--version']).status === 0;
if (!isInstalled) {
  process.stderr.write(
    'mlflow is not installed: its test is skipped (pip install mlflow, or FRAUD_TEST_MLFLOW=PATH)\n',
  );
}

const record: RunRecord = {
  formatVersion: 1,
  id: '2026-01-01t0000-fine-tune-abcd',
  kind: 'transfer',
  state: 'finished',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:10:00Z',
  config: { technique: 'fine-tune', layers: 2, windows: { train: 7 } },
  seeds: [1, 2],
  inputs: { transactions: 'ab12' },
  metrics: { averagePrecision: 0.75, 'averagePrecision.lower': 0.7, missing: null },
  artifacts: { report: 'report.html' },
  candidate: 'candidate-1',
};

const runSchema = z.object({
  run: z.object({
    info: z.object({ status: z.string(), run_name: z.string(), end_time: z.number() }),
    data: z.object({
      metrics: z.array(z.object({ key: z.string(), value: z.number() })),
      params: z.array(z.object({ key: z.string(), value: z.string() })),
      tags: z.array(z.object({ key: z.string(), value: z.string() })),
    }),
  }),
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const toEntries = (pairs: readonly { key: string; value: string | number }[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

describe.skipIf(!isInstalled)('a real MLflow server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-'));
  let server: ChildProcess | undefined;
  let trackingUri = '';

  beforeAll(async () => {
    const port = await findFreePort();
    trackingUri = `http://127.0.0.1:${port}`;
    const options = [
      'server',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--backend-store-uri',
      `sqlite:///${folder}/mlflow.db`,
      '--artifacts-destination',
      join(folder, 'artifacts'),
      '--workers',
      '1',
    ];
    server = spawn(command, options, { cwd: folder, stdio: 'ignore', detached: true });
    await vi.waitFor(async () => expect((await fetch(`${trackingUri}/health`)).ok).toBe(true), {
      timeout: 150_000,
      interval: 200,
    });
  });
  afterAll(() => {
    if (server?.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('has the parameters, figures, tags and files of a run, twice in one experiment', async () => {
    const runFolder = writeRunRecord(join(folder, 'runs'), record);
    writeFileSync(join(runFolder, 'report.html'), '<p>report</p>');
    const first = await logToMlflow({ trackingUri }, record, runFolder);
    const second = await logToMlflow({ trackingUri }, record, runFolder);
    expect(second).not.toBe(first);
    const { run } = runSchema.parse(
      await (await fetch(`${trackingUri}/api/2.0/mlflow/runs/get?run_id=${first}`)).json(),
    );
    expect(run.info).toMatchObject({
      status: 'FINISHED',
      run_name: record.id,
      end_time: Date.parse('2026-01-01T00:10:00Z'),
    });
    expect(toEntries(run.data.metrics)).toEqual({ averagePrecision: 0.75, 'averagePrecision.lower': 0.7 });
    expect(toEntries(run.data.params)).toEqual({
      technique: 'fine-tune',
      layers: '2',
      'windows.train': '7',
    });
    expect(toEntries(run.data.tags)).toMatchObject({
      seeds: '1,2',
      candidate: 'candidate-1',
      'input.transactions': 'ab12',
    });
    const artifact = await fetch(`${trackingUri}/get-artifact?run_id=${first}&path=report.html`);
    expect(await artifact.text()).toBe('<p>report</p>');
  }, 60_000);
});

test('a server that is not there is named by the setting that named it', async () => {
  const port = await findFreePort();
  const target = { trackingUri: `http://127.0.0.1:${port}` };
  await expect(logToMlflow(target, record, tmpdir())).rejects.toThrow(
    /MLFLOW_TRACKING_URI.*cannot be reached/,
  );
});
