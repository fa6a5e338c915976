// test/services/retrainer/look-route.test.ts: a retrainer on simulated time looks when asked, one look at a time, and tells what it saw and did.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addLookRoute } from '../../../services/retrainer/look-route.ts';
import { createRetrainerServiceMetrics } from '../../../services/retrainer/metrics.ts';
import type { WatchedDrift } from '../../../services/retrainer/watch-archive.ts';
import { createSettableClock } from '../../../shared/clock.ts';
import { createOperationsServer } from '../../../shared/http/operations.ts';
import { openJobLedger } from '../../../shared/jobs/job-ledger.ts';
import { lookReportSchema } from '../../../shared/jobs/look.ts';

const NOW = '2025-06-01T00:00:00.000Z';
const quiet: WatchedDrift = {
  status: { decision: 'quiet', day: 20_000, cause: undefined, latest: undefined },
  modelVersion: 'small',
};

/** @param hold the job waits for it */
function useServer(hold: Promise<void> = Promise.resolve()) {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-look-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createSettableClock(0);
  const ledger = openJobLedger(directory, clock);
  const server = createOperationsServer({
    whyNotAlive: () => undefined,
    whyNotReady: () => undefined,
    facts: () => ({}),
    metrics: createRetrainerServiceMetrics().registry,
  });
  addLookRoute(server, {
    clock,
    ledger,
    watch: { look: async () => quiet, latest: quiet },
    runner: {
      lookOnce: async () => {
        const claim = await ledger.claim({ kind: 'drift', key: `at ${clock.now()}` }, 'test', 60_000);
        await hold;
        const finishedAt = new Date(clock.now()).toISOString();
        await claim?.finish({ outcome: 'refused', exitStatus: 3, finishedAt });
        return claim?.entry.cause;
      },
    },
    signal: new AbortController().signal,
  });
  // An injected request begins when it is waited for.
  const look = async (body: object) => server.inject({ method: 'POST', url: '/look', payload: body });
  return { look };
}

test('a look happens at the instant it is asked for, and answers with the drift and the job at its end', async () => {
  const { look } = useServer();
  const report = lookReportSchema.parse((await look({ now: NOW })).json());
  expect(report.drift).toEqual({ decision: 'quiet', columns: [] });
  expect(report.job).toMatchObject({
    cause: { key: `at ${Date.parse(NOW)}` },
    end: { outcome: 'refused', finishedAt: NOW },
  });
  // The same instant again: the job is done.
  expect(lookReportSchema.parse((await look({ now: NOW })).json()).job).toBeNull();
});

test('what is no instant is refused, and so is a look while another one is under way', async () => {
  let release = () => {};
  const { look } = useServer(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  expect((await look({ now: 'tomorrow' })).statusCode).toBe(400);
  expect((await look({})).statusCode).toBe(400);
  const first = look({ now: NOW });
  expect((await look({ now: NOW })).statusCode).toBe(409);
  release();
  expect((await first).statusCode).toBe(200);
  expect((await look({ now: NOW })).statusCode).toBe(200);
});

test('time does not go back: an instant before the last one is refused, and changes nothing', async () => {
  const { look } = useServer();
  expect((await look({ now: NOW })).statusCode).toBe(200);
  const before = await look({ now: '2025-05-31T23:59:59.999Z' });
  expect([before.statusCode, before.json().detail]).toEqual([400, expect.stringContaining(NOW)]);
  expect((await look({ now: NOW })).statusCode).toBe(200);
});
