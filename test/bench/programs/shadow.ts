// test/bench/programs/shadow.ts: `npm run bench -- shadow [rounds] [transactions] [partitions]`: what 0, 1 and 4 shadow heads and one challenger with its own encoder at 10 % of the cards cost, alternated in one run.
import { execFileSync } from 'node:child_process';
import { loadWarmUp } from '../../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../../infra/local/options.ts';
import { createTraffic } from '../../../infra/local/traffic.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias } from '../../../shared/registry/registry.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { createStreamRig } from '../../support/stream-rig.ts';
import { type BenchReport, median } from '../bench-report.ts';
import { runShadowed, type ShadowRun } from '../shadow-run.ts';
import { createOwnShadow, createSharedShadows } from '../shadow-versions.ts';

const DEFAULT_ROUNDS = 5;
const DEFAULT_TRANSACTIONS = 12_000;
const DEFAULT_PARTITIONS = 6;
/** Pace of the second part, as a share of what the first run worked off. */
const PACE_SHARE = 0.5;
/** A fixed day: the same traffic in every run. */
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');

/** The next lines with so many transactions. */
async function take(
  lines: AsyncIterator<readonly MappedLine[]>,
  wanted: number,
): Promise<(readonly MappedLine[])[]> {
  const chunks: (readonly MappedLine[])[] = [];
  for (let transactions = 0; transactions < wanted; ) {
    const { value, done } = await lines.next();
    if (done) break;
    transactions += value.filter(({ kind }) => kind === 'transaction').length;
    chunks.push(value);
  }
  return chunks;
}

const round = (value: number, places = 0): number => Number(value.toFixed(places));

/** Ratios within each round to the run without shadows of that round, and their median. */
function compare(runs: readonly ShadowRun[], base: readonly ShadowRun[], figure: keyof ShadowRun): number {
  return median(runs.map((run, at) => run[figure] / (base[at]?.[figure] ?? Number.NaN)));
}

export async function measure(options: readonly string[]): Promise<BenchReport> {
  const [rounds = DEFAULT_ROUNDS, wanted = DEFAULT_TRANSACTIONS, partitions = DEFAULT_PARTITIONS] =
    options.map(Number);
  const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const rig = await createStreamRig(partitions);
  try {
    const registry = new FileRegistry(rig.registryDirectory);
    const { version } = await loadAlias(registry, 'champion');
    const heads = createSharedShadows(version, 4);
    const own = createOwnShadow(version);
    for (const { manifest, files } of [...heads, own]) await registry.publish(manifest, files);
    const names = heads.map(({ manifest }) => manifest.modelVersion);
    const traffic = createTraffic(parseOptions(['--seed', '11']), NOW_MS);
    await loadWarmUp({ traffic, champion: await rig.champion(), stateDirectory: rig.stateDirectory, say });
    const live = traffic.live()[Symbol.asyncIterator]();
    const backlog = await take(live, wanted);
    const paced = await take(live, Math.round(wanted / 2));
    const settings = [
      { what: 'no shadow', shadows: [], hasOwnEncoder: false },
      { what: '1 head', shadows: names.slice(0, 1), hasOwnEncoder: false },
      { what: '4 heads', shadows: names, hasOwnEncoder: false },
      { what: 'own encoder, 10 %', shadows: [own.manifest.modelVersion], hasOwnEncoder: true },
    ];
    const shared = { rig, partitions, backlog, paced, warmState: rig.stateDirectory };
    const first = await runShadowed({ ...shared, ...settings[0], name: 'warm', perSecond: 0 });
    const perSecond = Math.round(PACE_SHARE * first.decisionsPerSecond);
    const runs = settings.map((): ShadowRun[] => []);
    for (let turn = 0; turn < rounds; turn++) {
      // Every setting stands once at every place: what the machine does meanwhile meets them alike.
      for (const offset of settings.keys()) {
        const at = (turn + offset) % settings.length;
        const run = await runShadowed({ ...shared, ...settings[at], name: `run-${turn}-${at}`, perSecond });
        runs[at]?.push(run);
        say(
          `${turn + 1}/${rounds} ${settings[at]?.what}: ${round(run.decisionsPerSecond)}/s, p99 ${run.p99Ms} ms`,
        );
      }
    }
    const [base = []] = runs;
    const rows = settings.map(({ what }, at) => {
      const of = (figure: keyof ShadowRun) => median(runs[at]?.map((run) => run[figure]) ?? []);
      const against = (figure: keyof ShadowRun) => compare(runs[at] ?? [], base, figure);
      return {
        what,
        decisionsPerSecond: round(of('decisionsPerSecond')),
        throughputRatio: round(against('decisionsPerSecond'), 3),
        p50Ms: of('p50Ms'),
        p99Ms: of('p99Ms'),
        p99Ratio: round(against('p99Ms'), 3),
        mainThreadMicros: round(of('mainThreadMicros'), 1),
        otherThreadsMicros: round(of('otherThreadsMicros'), 1),
        processorRatio: round(
          median(
            (runs[at] ?? []).map(
              (run, turn) =>
                (run.mainThreadMicros + run.otherThreadsMicros) /
                ((base[turn]?.mainThreadMicros ?? Number.NaN) + (base[turn]?.otherThreadsMicros ?? 0)),
            ),
          ),
          3,
        ),
        scored: of('scored'),
        dropped: of('dropped'),
        failed: of('failed'),
      };
    });
    return {
      table: rows,
      figures: { rounds, transactions: wanted, partitions, pacePerSecond: perSecond, rows, runs },
    };
  } finally {
    await rig.close();
  }
}
