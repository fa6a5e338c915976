// test/bench/programs/api.ts: `npm run bench -- api [seconds]`: what the scoring API carries: maximum, latencies at 70 % of it, batches and singles beside bare ONNX Runtime, behaviour at three times the maximum.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { loadWarmUp } from '../../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../../infra/local/options.ts';
import { startServiceChild } from '../../../infra/local/service-child.ts';
import { createTraffic } from '../../../infra/local/traffic.ts';
import { openAccessTables } from '../../../shared/access/access-tables.ts';
import { createKeyStore } from '../../../shared/access/key-store.ts';
import { systemClock } from '../../../shared/clock.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { entityKeyOf } from '../../../shared/domain/entity.ts';
import { isDecided, type Transaction } from '../../../shared/domain/transaction.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias } from '../../../shared/registry/registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { viewBefore } from '../../../shared/sequence/entity-record.ts';
import { createLmdbStateStore } from '../../../shared/sequence/lmdb-state-store.ts';
import type { BenchReport } from '../bench-report.ts';
import { measureBareEncoder } from '../encoder.ts';
import {
  type LoadResult,
  percentile,
  runClosedLoop,
  runOpenLoop,
  type Target,
  toRequest,
} from '../load-generator.ts';

const POOL = 4_000;
const BATCH = 250;
const WINDOW = 64;
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

interface Set {
  readonly directory: string;
  readonly key: string;
  readonly transactions: readonly Transaction[];
  readonly eventCounts: readonly number[];
  readonly encoderModel: Uint8Array;
}

/** Histories of thirty days, transactions of the days after, a key without limits. */
async function prepareSet(directory: string): Promise<Set> {
  const nowMs = systemClock.now();
  const registry = new FileRegistry(join(directory, 'registry'));
  await ensureChampion(registry, new Date(nowMs).toISOString());
  const champion = createChampion((await loadAlias(registry, 'champion')).version);
  const traffic = createTraffic(parseOptions(['--seed', '11']), nowMs);
  const stateDirectory = join(directory, 'state');
  await loadWarmUp({ traffic, champion, stateDirectory, say });
  const transactions: Transaction[] = [];
  for await (const lines of traffic.live()) {
    for (const line of lines) {
      if (line.kind === 'transaction' && isDecided(line.transaction)) transactions.push(line.transaction);
    }
    if (transactions.length >= POOL) break;
  }
  const store = createLmdbStateStore({ directory: stateDirectory });
  const records = await store.readRecords(
    transactions.map(({ portfolioId, cardToken }) =>
      entityKeyOf({ kind: 'card', portfolioId, key: cardToken }),
    ),
  );
  const end = { timeMs: Number.MAX_SAFE_INTEGER, idLow: 0, idHigh: 0 };
  const eventCounts = records.map((record) => Math.min(WINDOW, viewBefore(record, end).count + 1));
  await store.close();
  const tables = openAccessTables(join(directory, 'api', 'access'));
  const { text } = createKeyStore(tables, systemClock).create({
    name: 'bench',
    scopes: ['score'],
    portfolios: ['*'],
    ratePerSecond: 1e9,
    concurrency: 1e9,
  });
  await tables.close();
  return {
    directory,
    key: text,
    transactions,
    eventCounts,
    encoderModel: champion.encoderParts.encoderModel,
  };
}

/** Requests that are never repeats: answers must be made, not replayed. */
function createRequests({ key, transactions }: Set) {
  let number = 0;
  const nextTransaction = () => {
    const transaction = transactions[number % transactions.length];
    number += 1;
    return { ...transaction, transactionId: `b-${number}` };
  };
  return {
    single: () => toRequest('/v1/score', key, JSON.stringify(nextTransaction())),
    batch: () =>
      toRequest(
        '/v1/score/batch',
        key,
        JSON.stringify({ transactions: Array.from({ length: BATCH }, nextTransaction) }),
      ),
  };
}

const rateOf = ({ answered, seconds }: LoadResult): number => (answered.get(200)?.length ?? 0) / seconds;

/** What the same server carries when scoring costs nothing. */
async function measureEmpty(set: Set, next: () => Buffer, seconds: number): Promise<number> {
  const main = join(packageRoot, 'dist/test/bench/empty-api.js');
  const answer = JSON.stringify({ score: 0.1, note: 'x'.repeat(760) });
  const child = spawn(process.execPath, [main, join(set.directory, 'api'), answer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { hostname: host, port } = new URL(String(line));
  const target = { host, port: Number(port) };
  await runClosedLoop(target, next, { connections: 16, seconds: 2 });
  const result = await runClosedLoop(target, next, { connections: 32, seconds });
  child.kill('SIGTERM');
  await once(child, 'exit');
  return rateOf(result);
}

/** Highest open-loop rate with 99 % answered 200 and p99 below the deadline. */
async function findMaximum(
  target: Target,
  next: () => Buffer,
  from: number,
  seconds: number,
): Promise<number> {
  let best = 0;
  for (const share of [0.6, 0.7, 0.8, 0.9, 1, 1.1]) {
    const perSecond = from * share;
    const result = await runOpenLoop(target, next, { perSecond, seconds });
    const good = result.answered.get(200) ?? [];
    const isCarried = good.length >= 0.99 * perSecond * seconds && percentile(good, 0.99) < 100;
    say(
      `open loop ${Math.round(perSecond)}/s: ${good.length} answered, p99 ${percentile(good, 0.99).toFixed(1)} ms`,
    );
    if (isCarried) best = perSecond;
    await wait(500);
  }
  return best;
}

const round = (value: number, places = 3) => Number(value.toFixed(places));

async function measureOverload(target: Target, next: () => Buffer, maximum: number, seconds: number) {
  const over = await runOpenLoop(target, next, { perSecond: 3 * maximum, seconds });
  const refusedMs = over.answered.get(429) ?? [];
  const backAt = performance.now();
  let recoveryMs = Number.NaN;
  while (performance.now() - backAt < 15_000) {
    const probe = await runOpenLoop(target, next, { perSecond: 0.7 * maximum, seconds: 0.5 });
    const good = probe.answered.get(200) ?? [];
    if (good.length < 0.99 * 0.35 * maximum || percentile(good, 0.99) > 100) continue;
    recoveryMs = performance.now() - backAt;
    break;
  }
  return {
    sentPerSecond: Math.round(over.sent / over.seconds),
    goodput: round(rateOf(over) / maximum),
    refusals: refusedMs.length,
    refusalMs: { p50: round(percentile(refusedMs, 0.5), 1), p99: round(percentile(refusedMs, 0.99), 1) },
    statuses: Object.fromEntries([...over.answered].map(([status, list]) => [status, list.length])),
    recoveredWithinSeconds: round(recoveryMs / 1000, 1),
  };
}

/** Everything on one machine, generator included: it takes a part of the cores from the service. */
export async function measure(options: readonly string[]): Promise<BenchReport> {
  const seconds = Number(options[0] ?? 6);
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) say('The build has errors; what it wrote is measured.');
  const directory = mkdtempSync(join(tmpdir(), 'fraud-bench-api-'));
  try {
    const set = await prepareSet(directory);
    const requests = createRequests(set);
    say(`${set.transactions.length} transactions to send; bare ONNX Runtime …`);
    const bare = await measureBareEncoder(set);
    say(`bare: ${Math.round(bare.rowsPerSecond)} rows/s; empty route …`);
    const empty = await measureEmpty(set, requests.single, seconds);
    say(`empty route: ${Math.round(empty)}/s; the service …`);
    const api = await startServiceChild(
      'scoring-api',
      {
        FRAUD_API_PORT: '0',
        FRAUD_API_DIRECTORY: join(directory, 'api'),
        FRAUD_STATE_DIRECTORY: join(directory, 'state'),
        FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
        ...(process.env.FRAUD_ENCODER_WORKERS
          ? { FRAUD_ENCODER_WORKERS: process.env.FRAUD_ENCODER_WORKERS }
          : {}),
      },
      join(directory, 'api.log'),
    );
    try {
      const target = { host: '127.0.0.1', port: api.operationsPort };
      await runClosedLoop(target, requests.single, { connections: 16, seconds: 2 });
      const closed = rateOf(await runClosedLoop(target, requests.single, { connections: 32, seconds }));
      const maximum = await findMaximum(target, requests.single, closed, seconds / 2);
      const calm = await runOpenLoop(target, requests.single, {
        perSecond: 0.7 * maximum,
        seconds: 2 * seconds,
      });
      const latencies = calm.answered.get(200) ?? [];
      const batches = await runClosedLoop(target, requests.batch, { connections: 4, seconds });
      const overload = await measureOverload(target, requests.single, maximum, seconds);
      const batchRate = rateOf(batches) * BATCH;
      const expected = 1 / (1 / empty + 1 / bare.rowsPerSecond);
      const figures = {
        bareRowsPerSecond: Math.round(bare.rowsPerSecond),
        emptyRoutePerSecond: Math.round(empty),
        singleClosedLoopPerSecond: Math.round(closed),
        singleMaximumPerSecond: Math.round(maximum),
        singleRatio: round(closed / expected),
        at70Percent: {
          perSecond: Math.round(0.7 * maximum),
          answered: latencies.length,
          p50Ms: round(percentile(latencies, 0.5), 2),
          p99Ms: round(percentile(latencies, 0.99), 2),
          p999Ms: round(percentile(latencies, 0.999), 2),
        },
        batchTransactionsPerSecond: Math.round(batchRate),
        batchRatio: round(batchRate / bare.rowsPerSecond),
        overload,
      };
      const table = [
        { what: 'bare ONNX Runtime, rows per second', value: figures.bareRowsPerSecond },
        { what: 'empty route (same schema and key), per second', value: figures.emptyRoutePerSecond },
        { what: 'single route, closed loop, per second', value: figures.singleClosedLoopPerSecond },
        { what: 'single ÷ 1/(1/empty + 1/bare)', value: figures.singleRatio },
        { what: 'single route, maximum in open loop, per second', value: figures.singleMaximumPerSecond },
        { what: 'at 70 %: p50 ms', value: figures.at70Percent.p50Ms },
        { what: 'at 70 %: p99 ms', value: figures.at70Percent.p99Ms },
        { what: 'at 70 %: p99.9 ms', value: figures.at70Percent.p999Ms },
        { what: `batches of ${BATCH}, transactions per second`, value: figures.batchTransactionsPerSecond },
        { what: 'batch ÷ bare', value: figures.batchRatio },
        { what: 'at 3 ×: goodput ÷ maximum', value: overload.goodput },
        { what: 'at 3 ×: refusal p99 ms', value: overload.refusalMs.p99 },
        { what: 'after it: seconds until calm again', value: overload.recoveredWithinSeconds },
      ];
      return { table, figures };
    } finally {
      await api.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
