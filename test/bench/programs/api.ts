// test/bench/programs/api.ts: `npm run bench -- api [seconds] [rounds]`: what the scoring API carries: singles and batches beside bare ONNX Runtime, maximum, latencies at 70 % of it, behaviour at three times the maximum.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { findMaximum, measureCalm, measureOverload } from '../api-load.ts';
import { type ApiRound, measureRound, summarizeRounds } from '../api-rounds.ts';
import { type BenchServer, startApiServer, startEmptyServer } from '../api-servers.ts';
import { type ApiSet, BATCH, createRequests, prepareApiSet } from '../api-set.ts';
import type { BenchReport, TableRow } from '../bench-report.ts';
import { runClosedLoop } from '../load-generator.ts';

const WARM_UP = { connections: 16, seconds: 2 };
/** So many answers later compiled code is compiled. */
const WARM_ANSWERS = 3_000;
const WARM_LIMIT_MS = 30_000;
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

type Figures = ReturnType<typeof summarizeRounds> & {
  readonly maximumPerSecond: number;
  readonly at70Percent: Awaited<ReturnType<typeof measureCalm>>;
  readonly overload: Awaited<ReturnType<typeof measureOverload>>;
  readonly readyAgainSeconds: number;
};

/** Goals are those that the figures are held to, in the order of the rows. */
function toTable(figures: Figures): TableRow[] {
  const { cpuMicroseconds: cpu, at70Percent, overload } = figures;
  return [
    { what: 'bare ONNX Runtime, rows per second', value: figures.barePerSecond, goal: '' },
    { what: 'empty route (same schema and key), per second', value: figures.emptyPerSecond, goal: '' },
    { what: 'single route, closed loop, per second', value: figures.singlePerSecond, goal: '' },
    { what: `batches of ${BATCH}, transactions per second`, value: figures.batchPerSecond, goal: '' },
    { what: 'single ÷ 1/(1/empty + 1/bare)', value: figures.singleRatio, goal: '≥ .8' },
    { what: '… by processor time', value: figures.singleCpuRatio, goal: '' },
    { what: 'batch ÷ bare', value: figures.batchRatio, goal: '≥ .5' },
    { what: '… by processor time', value: figures.batchCpuRatio, goal: '' },
    { what: 'processor µs: bare row', value: cpu.bare, goal: '' },
    { what: 'processor µs: empty request', value: cpu.empty, goal: '' },
    { what: 'processor µs: single request', value: cpu.single, goal: '' },
    { what: '… of it the main thread', value: cpu.singleMainThread, goal: '' },
    { what: 'processor µs: transaction of a batch', value: cpu.batch, goal: '' },
    { what: '… of it the main thread', value: cpu.batchMainThread, goal: '' },
    { what: 'single route, maximum in open loop, per second', value: figures.maximumPerSecond, goal: '' },
    { what: 'at 70 %: p50 ms', value: at70Percent.p50Ms, goal: '' },
    { what: 'at 70 %: p99 ms', value: at70Percent.p99Ms, goal: '≤ 15' },
    { what: 'at 70 %: p99.9 ms', value: at70Percent.p999Ms, goal: '' },
    { what: 'at 3 ×: goodput ÷ maximum', value: overload.goodput, goal: '≥ .9' },
    { what: 'at 3 ×: refusal p50 ms, light caller', value: overload.lightCaller.refusalMs.p50, goal: '≤ 5' },
    { what: '… p99 ms', value: overload.lightCaller.refusalMs.p99, goal: '≤ 5' },
    { what: '… late itself, p99 ms', value: overload.lightCaller.lateMs.p99, goal: '' },
    { what: '… p99 ms as the busy generator sees it', value: overload.refusalMs.p99, goal: '' },
    { what: '… generator late itself, p99 ms', value: overload.generatorLateMs.p99, goal: '' },
    { what: 'after it: seconds until calm again', value: overload.recoveredWithinSeconds, goal: '≤ 5' },
    { what: 'killed: seconds until ready again', value: figures.readyAgainSeconds, goal: '≤ 5' },
    { what: 'cores that others took: at 70 %', value: at70Percent.othersCores, goal: '0' },
    { what: '… at 3 ×', value: overload.othersCores, goal: '0' },
  ];
}

async function warmUp({ target }: BenchServer, next: () => Buffer): Promise<void> {
  const startedAt = performance.now();
  for (let answers = 0; answers < WARM_ANSWERS && performance.now() - startedAt < WARM_LIMIT_MS; ) {
    answers += (await runClosedLoop(target, next, WARM_UP)).answered.get(200)?.length ?? 0;
  }
}

/** Killed as by a power cut, and started on what it left. */
async function measureReturn(set: ApiSet, { pid }: BenchServer): Promise<number> {
  process.kill(pid, 'SIGKILL');
  const killedAt = performance.now();
  const again = await startApiServer(set);
  const seconds = (performance.now() - killedAt) / 1000;
  await again.stop();
  return Number(seconds.toFixed(1));
}

/** Everything on one machine, generator included: it takes a part of the cores from the service. */
export async function measure(options: readonly string[]): Promise<BenchReport> {
  const seconds = Number(options[0] ?? 4);
  const wanted = Number(options[1] ?? 3);
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) say('The build has errors; what it wrote is measured.');
  const directory = mkdtempSync(join(tmpdir(), 'fraud-bench-api-'));
  try {
    const set = await prepareApiSet(directory, say);
    const requests = createRequests(set);
    const empty = await startEmptyServer(set);
    const api = await startApiServer(set);
    const stop = () => Promise.all([empty.stop(), api.stop()]);
    try {
      for (const server of [empty, api]) await warmUp(server, requests.single);
      const rounds: ApiRound[] = [];
      while (rounds.length < wanted) {
        say(`round ${rounds.length + 1} of ${wanted} …`);
        rounds.push(await measureRound({ set, requests, servers: { empty, api }, seconds }));
      }
      const summary = summarizeRounds(rounds);
      const { target } = api;
      const closed = summary.singlePerSecond;
      const maximum = await findMaximum(target, requests.single, { closed, seconds });
      const calm = await measureCalm(api, requests.single, { maximum, seconds: 3 * seconds });
      const overload = await measureOverload(api, requests.single, { maximum, seconds: 2 * seconds });
      const figures = {
        ...summary,
        maximumPerSecond: Math.round(maximum),
        at70Percent: calm,
        overload,
        readyAgainSeconds: await measureReturn(set, api),
      };
      return { table: toTable(figures), figures };
    } finally {
      await stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
