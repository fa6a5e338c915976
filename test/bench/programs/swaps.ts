// test/bench/programs/swaps.ts: `npm run bench -- swaps [swaps] [seconds before]`: versions promoted under load at 70 % of the measured maximum: whose each decision is, latency before and during, memory per swap.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadWarmUp } from '../../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../../infra/local/options.ts';
import type { ServiceChild } from '../../../infra/local/service-child.ts';
import { createTraffic } from '../../../infra/local/traffic.ts';
import { systemClock } from '../../../shared/clock.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { auditTopics } from '../../../shared/kafka/audit.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { createStreamRig, readResidentMemory, type StreamRig } from '../../support/stream-rig.ts';
import { readSwapEvidence, type SwapEvidence } from '../../support/swap-evidence.ts';
import type { BenchReport } from '../bench-report.ts';
import { measureDecisionRate } from '../decision-rate.ts';
import { percentile } from '../load-generator.ts';
import { startOpenLoop } from '../open-loop-stream.ts';
import { publishSwapVersions, type SwapVersion } from '../swap-versions.ts';

const DEFAULT_SWAPS = 50;
const DEFAULT_SECONDS_BEFORE = 30;
/** Scored as fast as it goes, to find the maximum. */
const FILLED = 20_000;
const LOAD_SHARE = 0.7;
/** Swaps before anything is measured: from then on two versions are always loaded. */
const SETTLING_SWAPS = 3;
/** A fixed day: the same traffic in every run. */
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const POLL_MS = 20;
const BETWEEN_SWAPS_MS = 300;
const REST_MS = 10_000;
/** Payments that wait count as none when they are as many as come within so many seconds. */
const LAG_SECONDS = 0.2;
/** How long a rate is given to be kept up with; one that is not is lowered by this factor: the sender and the broker need processors, too. */
const KEEP_UP_MS = 25_000;
const LOWER = 0.85;

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

async function* oneByOne(chunks: AsyncIterable<readonly MappedLine[]>): AsyncGenerator<MappedLine> {
  for await (const chunk of chunks) yield* chunk;
}

async function* take(lines: AsyncIterator<MappedLine>, count: number): AsyncGenerator<MappedLine[]> {
  for (let taken = 0; taken < count; taken++) {
    const { value, done } = await lines.next();
    if (done) return;
    yield [value];
  }
}

/** Lines per second while a filled topic is scored: its decisions per second, and the outcomes and applied events between them. */
async function measureMaximum(rig: StreamRig, lines: AsyncIterator<MappedLine>) {
  const filled = await rig.fill(take(lines, FILLED));
  const scorer = await rig.startScorer();
  await rig.untilCaughtUp(scorer);
  const { decisions, perSecond } = await measureDecisionRate(rig);
  return { scorer, perSecond: (perSecond * (filled.transactions + filled.outcomes)) / decisions };
}

async function swapTo(version: SwapVersion, { operationsPort, failed }: ServiceChild): Promise<Span> {
  const fromMs = systemClock.now();
  await version.promote();
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${operationsPort}/readyz`);
    const { modelVersion }: { modelVersion: string } = JSON.parse(await answer.text());
    if (modelVersion === version.stamp.modelVersion) return { fromMs, untilMs: systemClock.now() };
    await Promise.race([wait(POLL_MS), failed]);
  }
}

interface Loaded {
  readonly rig: StreamRig;
  readonly scorer: ServiceChild;
  readonly versions: readonly SwapVersion[];
  readonly secondsBefore: number;
  /** Lines sent. */
  readonly perSecond: number;
}

/** Waits while payments come; a scorer that ends, or a broker, ends it. */
type Rest = (ms: number) => Promise<unknown>;

/** @returns whether so little waits, three times in a row, before the time is over */
async function keepsUp({ scorer, perSecond }: Loaded, rest: Rest, forMs: number): Promise<boolean> {
  const untilMs = systemClock.now() + forMs;
  for (let calm = 0; systemClock.now() < untilMs; ) {
    const answer = await fetch(`http://127.0.0.1:${scorer.operationsPort}/readyz`);
    const { lag }: { lag: number } = JSON.parse(await answer.text());
    calm = lag <= LAG_SECONDS * perSecond ? calm + 1 : 0;
    if (calm === 3) return true;
    await rest(1_000);
  }
  return false;
}

/** Swaps one after another. */
async function swapAll(parts: Loaded, rest: Rest) {
  const { scorer, versions, secondsBefore } = parts;
  const ownMegabytes = () => readResidentMemory(scorer.pid)?.own ?? Number.NaN;
  for (const version of versions.slice(0, SETTLING_SWAPS)) await swapTo(version, scorer);
  await keepsUp(parts, rest, KEEP_UP_MS);
  await rest(REST_MS);
  const fromMs = systemClock.now();
  await rest(secondsBefore * 1_000);
  const before: Span = { fromMs, untilMs: systemClock.now() };
  const memoryBefore = ownMegabytes();
  const swaps: Span[] = [];
  for (const [at, version] of versions.slice(SETTLING_SWAPS).entries()) {
    swaps.push(await swapTo(version, scorer));
    if (at % 10 === 9) process.stderr.write(`${at + 1} swaps, ${Math.round(ownMegabytes())} MB\n`);
    await rest(BETWEEN_SWAPS_MS);
    // Loading takes processors for longer than a swap lasts: back to back there would be nothing but loading.
    await keepsUp(parts, rest, KEEP_UP_MS);
  }
  await rest(REST_MS);
  return { before, swaps, memoryBefore, memoryAfter: ownMegabytes() };
}

/** Lowers the rate until the scorer keeps up with it; then swaps. */
async function swapUnderLoad(parts: Loaded & { readonly lines: AsyncIterator<MappedLine> }) {
  const { lines, rig, scorer, perSecond } = parts;
  const load = await startOpenLoop(lines, rig, perSecond);
  const rest: Rest = (ms) => Promise.race([wait(ms), load.failed, scorer.failed]);
  try {
    if (await keepsUp(parts, rest, KEEP_UP_MS)) return { ...(await swapAll(parts, rest)), perSecond };
  } finally {
    await load.stop();
  }
  process.stderr.write(`${Math.round(perSecond)} lines per second are too many\n`);
  await rig.untilCaughtUp(scorer);
  return swapUnderLoad({ ...parts, perSecond: LOWER * perSecond });
}

const tookWithin = ({ latencies }: SwapEvidence, spans: readonly Span[]): number[] =>
  latencies
    .filter(({ sentAtMs }) => spans.some(({ fromMs, untilMs }) => sentAtMs >= fromMs && sentAtMs < untilMs))
    .map(({ tookMs }) => tookMs);

const toPercentiles = (took: readonly number[]) => ({
  p50: percentile(took, 0.5),
  p99: percentile(took, 0.99),
  largest: percentile(took, 1),
  decisions: took.length,
});

export async function measure(options: readonly string[]): Promise<BenchReport> {
  const swaps = Number(options[0] ?? DEFAULT_SWAPS);
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const rig = await createStreamRig(3);
  try {
    const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
    const traffic = createTraffic(parseOptions(['--seed', '11']), NOW_MS);
    const champion = await rig.champion();
    await loadWarmUp({ traffic, champion, stateDirectory: rig.stateDirectory, say });
    const versions = await publishSwapVersions(
      new FileRegistry(rig.registryDirectory),
      swaps + SETTLING_SWAPS,
    );
    const lines = oneByOne(traffic.live());
    const { scorer, perSecond } = await measureMaximum(rig, lines);
    say(`${Math.round(perSecond)} lines per second at most; going on at ${LOAD_SHARE} of it …`);
    const run = await swapUnderLoad({
      rig,
      scorer,
      lines,
      versions,
      perSecond: LOAD_SHARE * perSecond,
      secondsBefore: Number(options[1] ?? DEFAULT_SECONDS_BEFORE),
    });
    await rig.untilCaughtUp(scorer);
    await scorer.stop();
    return await toReport({ rig, versions, linesPerSecondAtMost: perSecond, ...run });
  } catch (error) {
    // Told before the rest is taken down, which may fail in its turn.
    process.stderr.write(
      `${String(error)}\n${readFileSync(join(rig.directory, 'scorer.log'), 'utf8').slice(-4_000)}\n`,
    );
    throw error;
  } finally {
    await rig.close();
  }
}

async function toReport(
  done: Awaited<ReturnType<typeof swapUnderLoad>> & {
    readonly rig: StreamRig;
    readonly versions: readonly SwapVersion[];
    readonly linesPerSecondAtMost: number;
  },
): Promise<BenchReport> {
  const { rig, versions, swaps } = done;
  const { manifest, manifestDigest } = await loadShipped();
  const first = {
    modelVersion: manifest.modelVersion,
    manifestDigest,
    encoderVersion: manifest.encoder.version,
  };
  const evidence = await readSwapEvidence(rig, [first, ...versions.map(({ stamp }) => stamp)]);
  const audit = await auditTopics(rig);
  const phase = { fromMs: swaps[0]?.fromMs ?? 0, untilMs: swaps.at(-1)?.untilMs ?? 0 };
  const before = toPercentiles(tookWithin(evidence, [done.before]));
  const during = toPercentiles(tookWithin(evidence, [phase]));
  const loading = toPercentiles(tookWithin(evidence, swaps));
  const seconds = swaps.map(({ fromMs, untilMs }) => (untilMs - fromMs) / 1_000);
  const { latencies: _each, byVersion, ...found } = evidence;
  const figures = {
    swaps: swaps.length,
    otherEncoders: versions.slice(SETTLING_SWAPS).filter(({ hasOtherEncoder }) => hasOtherEncoder).length,
    linesPerSecondAtMost: Math.round(done.linesPerSecondAtMost),
    linesPerSecond: Math.round(done.perSecond),
    failed: audit.deadLetters,
    undecided: audit.unanswered,
    conserved: audit.conserved,
    ...found,
    versionsThatDecided: byVersion.size,
    latencyMs: { before, during, whileOneLoads: loading },
    p99Ratio: Math.round((during.p99 / before.p99) * 100) / 100,
    swapSeconds: { median: percentile(seconds, 0.5), largest: percentile(seconds, 1) },
    ownMegabytes: { before: Math.round(done.memoryBefore), after: Math.round(done.memoryAfter) },
    megabytesPerSwap: Math.round(((done.memoryAfter - done.memoryBefore) / swaps.length) * 100) / 100,
  };
  const table = [
    { what: 'lines per second at most, a filled topic', value: figures.linesPerSecondAtMost },
    { what: 'lines per second sent', value: figures.linesPerSecond },
    { what: `swaps, ${figures.otherEncoders} of them to another encoder`, value: figures.swaps },
    { what: 'decisions', value: figures.decisions },
    { what: 'failed', value: figures.failed },
    { what: 'undecided', value: figures.undecided },
    { what: 'decisions that are not exactly one version’s', value: figures.strangers },
    { what: 'below tier full', value: figures.degraded },
    { what: `chunks of two versions, of ${figures.chunks}`, value: figures.mixedChunks },
    { what: 'training rows and alerts of another version', value: figures.otherwise },
    { what: 'partitions out of the order of the moves', value: figures.outOfOrder },
    { what: 'p50 ms before', value: before.p50 },
    { what: 'p99 ms before', value: before.p99 },
    { what: 'p50 ms during the swaps', value: during.p50 },
    { what: 'p99 ms during the swaps', value: during.p99 },
    { what: 'p99 ms while a version loads', value: loading.p99 },
    { what: 'p99 during ÷ before', value: figures.p99Ratio },
    { what: 'seconds from move to flip, median', value: figures.swapSeconds.median },
    { what: 'own memory before, MB', value: figures.ownMegabytes.before },
    { what: 'own memory after, MB', value: figures.ownMegabytes.after },
    { what: 'MB per swap', value: figures.megabytesPerSwap },
  ];
  return { table, figures };
}
