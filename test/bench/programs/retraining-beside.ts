// test/bench/programs/retraining-beside.ts: `npm run bench -- retraining-beside [rows] [lines per second] [rounds]`: how long decisions take while a retraining runs on the same machine, and while none does, in turns.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadWarmUp } from '../../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../../infra/local/options.ts';
import { createTraffic } from '../../../infra/local/traffic.ts';
import { systemClock } from '../../../shared/clock.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { createStreamRig } from '../../support/stream-rig.ts';
import { readSwapEvidence } from '../../support/swap-evidence.ts';
import { type BenchReport, median } from '../bench-report.ts';
import { percentile } from '../load-generator.ts';
import { startOpenLoop } from '../open-loop-stream.ts';
import { prepareArchive, retrainApart } from '../retraining.ts';

/** A fixed day: the same traffic in every run. */
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const SETTLING_MS = 10_000;
/** Least length of a turn without a retraining. */
const TURN_MS = 20_000;

interface Turn {
  readonly isRetraining: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

async function* oneByOne(chunks: AsyncIterable<readonly MappedLine[]>): AsyncGenerator<MappedLine> {
  for await (const chunk of chunks) yield* chunk;
}

/** Without and with, in turns; each retraining with a seed of its own, so that none goes on from another's files. */
async function takeTurns(
  rounds: number,
  environment: Readonly<Record<string, string>>,
  guard: Promise<never>,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  const take = async (isRetraining: boolean, work: () => Promise<unknown>): Promise<void> => {
    const fromMs = systemClock.now();
    await Promise.race([work(), guard]);
    turns.push({ isRetraining, fromMs, untilMs: systemClock.now() });
  };
  for (let round = 1; round <= rounds; round++) {
    await take(false, () => wait(TURN_MS));
    await take(true, () => retrainApart({ ...environment, FRAUD_RETRAIN_SEED: String(round) }));
  }
  return turns;
}

export async function measure(options: readonly string[]): Promise<BenchReport> {
  const [rows = 300_000, perSecond = 400, rounds = 3] = options.map(Number);
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const root = mkdtempSync(join(tmpdir(), 'fraud-bench-beside-'));
  const { environment } = await prepareArchive(root, rows);
  const rig = await createStreamRig(3);
  try {
    const traffic = createTraffic(parseOptions(['--seed', '11']), NOW_MS);
    const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
    await loadWarmUp({ traffic, champion: await rig.champion(), stateDirectory: rig.stateDirectory, say });
    const scorer = await rig.startScorer();
    const load = await startOpenLoop(oneByOne(traffic.live()), rig, perSecond);
    const guard = Promise.race([load.failed, scorer.failed]);
    await Promise.race([wait(SETTLING_MS), guard]);
    const turns = await takeTurns(rounds, environment, guard).finally(() => load.stop());
    await rig.untilCaughtUp(scorer);
    await scorer.stop();
    const { manifest, manifestDigest } = await loadShipped();
    const { modelVersion, encoder } = manifest;
    const { latencies } = await readSwapEvidence(rig, [
      { modelVersion, manifestDigest, encoderVersion: encoder.version },
    ]);
    return toReport(turns, latencies, { perSecond, rows });
  } finally {
    await rig.close();
    rmSync(root, { recursive: true, force: true });
  }
}

function toReport(
  turns: readonly Turn[],
  latencies: readonly { readonly sentAtMs: number; readonly tookMs: number }[],
  asked: { readonly perSecond: number; readonly rows: number },
): BenchReport {
  const measured = turns.map(({ isRetraining, fromMs, untilMs }) => {
    const took = latencies
      .filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < untilMs)
      .map(({ tookMs }) => tookMs);
    return {
      isRetraining,
      seconds: Math.round((untilMs - fromMs) / 1_000),
      decisions: took.length,
      p50: percentile(took, 0.5),
      p99: percentile(took, 0.99),
    };
  });
  const ratios = measured.flatMap(({ isRetraining, p99 }, at) => {
    const before = measured[at - 1];
    return isRetraining && before ? [p99 / before.p99] : [];
  });
  const table = measured.map(({ isRetraining, ...figures }) => ({
    turn: isRetraining ? 'while retraining' : 'without',
    ...figures,
  }));
  return { table, figures: { ...asked, turns: table, p99Ratios: ratios, medianRatio: median(ratios) } };
}
