// test/bench/api-rounds.ts: bare ONNX Runtime, empty route, single route and batch route, one after the other, several times over: ratios within a round, so that a machine whose speed changes does not decide them.
import { readProcessorSeconds } from '../support/stream-rig.ts';
import type { BenchServer } from './api-servers.ts';
import { type ApiSet, BATCH, type createRequests } from './api-set.ts';
import { median } from './bench-report.ts';
import { measureBareEncoder } from './encoder.ts';
import { type LoadResult, runClosedLoop } from './load-generator.ts';

const CONNECTIONS = 32;
const BATCH_CONNECTIONS = 4;

/** Of one loaded server: answers per second, and what each cost it, microseconds of processor time. */
interface Loaded {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly mainThreadMicroseconds: number;
}

export interface ApiRound {
  readonly barePerSecond: number;
  readonly bareCpuMicroseconds: number;
  readonly empty: Loaded;
  readonly single: Loaded;
  /** Per transaction. */
  readonly batch: Loaded;
}

export const rateOf = ({ answered, seconds }: LoadResult): number =>
  (answered.get(200)?.length ?? 0) / seconds;

async function load(
  { target, pid }: BenchServer,
  next: () => Buffer,
  { connections, seconds, each = 1 }: { connections: number; seconds: number; each?: number },
): Promise<Loaded> {
  const before = readProcessorSeconds(pid);
  const result = await runClosedLoop(target, next, { connections, seconds });
  const after = readProcessorSeconds(pid);
  const answered = (result.answered.get(200)?.length ?? 0) * each;
  const cost = (part: 'all' | 'mainThread') =>
    (1e6 * ((after?.[part] ?? Number.NaN) - (before?.[part] ?? Number.NaN))) / answered;
  return {
    perSecond: rateOf(result) * each,
    cpuMicroseconds: cost('all'),
    mainThreadMicroseconds: cost('mainThread'),
  };
}

async function measureBare(set: ApiSet) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const bare = await measureBareEncoder({ ...set, milliseconds: 150, repeats: 1 });
  const seconds = (performance.now() - startedAt) / 1000;
  const used = process.cpuUsage(before);
  return { perSecond: bare.rowsPerSecond, cores: (used.user + used.system) / 1e6 / seconds };
}

export interface ApiRoundParts {
  readonly set: ApiSet;
  readonly requests: ReturnType<typeof createRequests>;
  readonly servers: { readonly empty: BenchServer; readonly api: BenchServer };
  readonly seconds: number;
}

/** One after the other: nothing else of the bench runs meanwhile. */
export async function measureRound({ set, requests, servers, seconds }: ApiRoundParts): Promise<ApiRound> {
  const bare = await measureBare(set);
  const shared = { connections: CONNECTIONS, seconds };
  return {
    barePerSecond: bare.perSecond,
    bareCpuMicroseconds: (1e6 * bare.cores) / bare.perSecond,
    empty: await load(servers.empty, requests.single, shared),
    single: await load(servers.api, requests.single, shared),
    batch: await load(servers.api, requests.batch, {
      connections: BATCH_CONNECTIONS,
      seconds,
      each: BATCH,
    }),
  };
}

const round = (value: number, places = 3) => Number(value.toFixed(places));

/** Medians over the rounds, of ratios made within each. */
export function summarizeRounds(rounds: readonly ApiRound[]) {
  const middle = (of: (round: ApiRound) => number, places = 0) => round(median(rounds.map(of)), places);
  const expectedOf = ({ empty, barePerSecond }: ApiRound) => 1 / (1 / empty.perSecond + 1 / barePerSecond);
  return {
    barePerSecond: middle(({ barePerSecond }) => barePerSecond),
    emptyPerSecond: middle(({ empty }) => empty.perSecond),
    singlePerSecond: middle(({ single }) => single.perSecond),
    batchPerSecond: middle(({ batch }) => batch.perSecond),
    singleRatio: middle((one) => one.single.perSecond / expectedOf(one), 3),
    batchRatio: middle((one) => one.batch.perSecond / one.barePerSecond, 3),
    cpuMicroseconds: {
      bare: middle(({ bareCpuMicroseconds }) => bareCpuMicroseconds),
      empty: middle(({ empty }) => empty.cpuMicroseconds),
      single: middle(({ single }) => single.cpuMicroseconds),
      singleMainThread: middle(({ single }) => single.mainThreadMicroseconds),
      batch: middle(({ batch }) => batch.cpuMicroseconds),
      batchMainThread: middle(({ batch }) => batch.mainThreadMicroseconds),
    },
    /** The same two ratios by processor time: what others take of the machine falls out. */
    singleCpuRatio: middle(
      (one) => (one.empty.cpuMicroseconds + one.bareCpuMicroseconds) / one.single.cpuMicroseconds,
      3,
    ),
    batchCpuRatio: middle((one) => one.bareCpuMicroseconds / one.batch.cpuMicroseconds, 3),
    ratiosByRound: rounds.map((one) => [
      round(one.single.perSecond / expectedOf(one)),
      round(one.batch.perSecond / one.barePerSecond),
    ]),
  };
}
