// test/bench/programs/shadow-cost.ts: `npm run bench -- shadow-cost [rounds] [transactions]`: processor time per transaction of scoring beside 0, 1 and 4 heads and one other encoder, without a broker: fair on a busy machine.
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../../shared/clock.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import type { Challengers } from '../../../shared/scoring/challengers.ts';
import { type Champion, createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer, type ScoreRequest, type Scorer } from '../../../shared/scoring/scorer.ts';
import { createShadow } from '../../../shared/scoring/shadow.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { type BenchReport, median } from '../bench-report.ts';
import { createOwnShadow, createSharedShadows } from '../shadow-versions.ts';

const DEFAULT_ROUNDS = 7;
const DEFAULT_TRANSACTIONS = 4_000;
const CHUNK = 64;
const OWN_SHARE = 0.1;
/** Cards with weeks of history: their contexts are long, as those of a running system. */
const PORTFOLIO = {
  seed: 61,
  cards: 150,
  days: 60,
  startTime: '2026-01-01T00:00:00.000Z',
  appliedEvents: false,
};

interface Setting {
  readonly what: string;
  readonly heads: number;
  readonly hasOwn: boolean;
}

const settings: readonly Setting[] = [
  { what: 'no shadow', heads: 0, hasOwn: false },
  { what: '1 head', heads: 1, hasOwn: false },
  { what: '4 heads', heads: 4, hasOwn: false },
  { what: `own encoder, ${100 * OWN_SHARE} %`, heads: 0, hasOwn: true },
];

/** The last transactions of a portfolio as requests, everything before them in the store. */
async function prepare(wanted: number, champion: Champion) {
  const store = createMemoryStateStore();
  const scorer = createScorer({ champion, clock: systemClock });
  const all = [...createSimulation(PORTFOLIO)].flatMap((record): ScoreRequest[] => {
    if (record.kind !== 'transaction') return [];
    const { transaction } = record;
    return [{ transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 }];
  });
  const first = Math.max(0, all.length - wanted);
  for (let from = 0; from < first; from += CHUNK) {
    const chunk = all.slice(from, Math.min(first, from + CHUNK));
    const evaluations = await scorer.evaluateMany(chunk, (keys) => store.readRecords(keys));
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
  }
  return { store, requests: all.slice(first) };
}

interface Bench {
  readonly scorer: Scorer;
  readonly own: OnnxEncoder | undefined;
  close(): Promise<void>;
}

async function open({ heads, hasOwn }: Setting): Promise<Bench> {
  const shipped = await loadShipped();
  const champion = createChampion(shipped);
  const shared = createSharedShadows(shipped, heads).map(createChampion);
  const all = [champion, ...shared];
  const encoder = await createOnnxEncoder({
    ...champion.encoderParts,
    heads: all.flatMap(({ encoderParts }) => encoderParts.heads),
    provider: 'cpu',
    workers: 1,
  });
  const version = hasOwn ? createChampion(createOwnShadow(shipped)) : undefined;
  const own =
    version &&
    (await createOnnxEncoder({ ...version.encoderParts, provider: 'cpu', workers: 1, niceness: 19 }));
  const challengers: Challengers | undefined =
    heads > 0 || version ? { heads: all, own: version ? [{ version, encoder: () => own }] : [] } : undefined;
  const scorer = createScorer({ champion, encoder, challengers, clock: systemClock });
  return {
    scorer,
    own,
    close: async () => {
      await encoder.close();
      await own?.close();
    },
  };
}

/** Microseconds of processor time per transaction, all threads; what was recorded is made and thrown away. */
async function runOnce({ scorer, own }: Bench, requests: readonly ScoreRequest[], store: StateStore) {
  let [bytes, scored, inHand] = [0, 0, 0];
  const shadow = createShadow({
    ownShare: OWN_SHARE,
    ownRows: Number.MAX_SAFE_INTEGER,
    isBusy: () => false,
    record: (scores) => {
      for (const score of scores) bytes += Buffer.from(JSON.stringify(score)).length;
    },
    count: (result, transactions) => {
      if (result === 'scored') scored += transactions;
    },
  });
  const before = process.cpuUsage();
  let decided = 0;
  for (let from = 0; from < requests.length; from += CHUNK) {
    const chunk = requests.slice(from, from + CHUNK);
    const evaluations = await scorer.evaluateMany(chunk, (keys) => store.readRecords(keys));
    decided += evaluations.filter(({ kind }) => kind === 'decided').length;
    shadow.offer(evaluations);
    inHand = own?.queuedPositions() ?? 0;
  }
  while (inHand > 0) {
    await wait(1);
    inHand = own?.queuedPositions() ?? 0;
  }
  const used = process.cpuUsage(before);
  return { micros: (used.user + used.system) / decided, scored, decided, bytes };
}

export async function measure(options: readonly string[]): Promise<BenchReport> {
  const [rounds = DEFAULT_ROUNDS, wanted = DEFAULT_TRANSACTIONS] = options.map(Number);
  const { store, requests } = await prepare(wanted, createChampion(await loadShipped()));
  const benches: Bench[] = [];
  for (const setting of settings) benches.push(await open(setting));
  const runs = settings.map((): Awaited<ReturnType<typeof runOnce>>[] => []);
  // The first round warms everything and counts for nothing.
  for (let turn = -1; turn < rounds; turn++) {
    for (const offset of settings.keys()) {
      const at = (turn + 1 + offset) % settings.length;
      const bench = benches[at];
      const run = bench && (await runOnce(bench, requests, store));
      if (turn >= 0 && run) runs[at]?.push(run);
    }
  }
  for (const bench of benches) await bench.close();
  const base = runs[0] ?? [];
  const table = settings.map(({ what }, at) => {
    const own = runs[at] ?? [];
    const ratios = own.map(({ micros }, turn) => micros / (base[turn]?.micros ?? Number.NaN));
    return {
      what,
      microsPerTransaction: Number(median(own.map(({ micros }) => micros)).toFixed(1)),
      ratio: Number(median(ratios).toFixed(3)),
      lowestRatio: Number(Math.min(...ratios).toFixed(3)),
      highestRatio: Number(Math.max(...ratios).toFixed(3)),
      scoredPerDecision: Number(((own[0]?.scored ?? 0) / (own[0]?.decided ?? 1)).toFixed(3)),
    };
  });
  return { table, figures: { rounds, decided: base[0]?.decided, settings: table } };
}
