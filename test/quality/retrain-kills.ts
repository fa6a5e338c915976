// test/quality/retrain-kills.ts: the real retrainer killed inside every stage, several times each, and two at once: what comes out is what an uninterrupted run makes, once.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { packageRoot } from '../../shared/config/package-root.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import { createRandom, type Random } from '../../shared/simulation/random.ts';
import { writeScoredArchive } from '../support/scored-archive.ts';

/** In the order in which they run. */
export const stageNames = [
  'training set',
  'fit',
  'calibrate',
  'thresholds',
  'evaluate',
  'gates',
  'register',
  'promote',
] as const;
export type StageName = (typeof stageNames)[number];

const START = '2026-01-01T00:00:00.000Z';
const CUT = '2026-03-17T00:00:00.000Z';

export interface KillPlan {
  readonly cards: number;
  /** Where it is killed. */
  readonly stages: readonly StageName[];
  readonly killsPerStage: number;
  /** How often two retrainers are started at once. */
  readonly pairs: number;
  readonly seed: number;
}

export interface KillReport {
  readonly outcome: string;
  /** Kills that hit, by the stage they hit. */
  readonly kills: Readonly<Record<string, number>>;
  /** What was not as it should be; empty when all is well. */
  readonly problems: readonly string[];
  /** Of each pair, how often the champion moved. */
  readonly promotionsOfPairs: readonly number[];
}

type Environment = Readonly<Record<string, string>>;

const environmentOf = (directory: string, archive: string, more: Environment = {}): Environment => ({
  FRAUD_ARCHIVE: archive,
  FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
  FRAUD_RUNS_DIRECTORY: join(directory, 'runs'),
  FRAUD_RETRAIN_CUT: CUT,
  FRAUD_RETRAIN_TRAINING_DAYS: '30',
  FRAUD_RETRAIN_CALIBRATION_DAYS: '10',
  FRAUD_RETRAIN_TEST_DAYS: '10',
  FRAUD_RETRAIN_PROMOTE: 'true',
  // Few labels: what is judged here is not the challenger.
  FRAUD_RETRAIN_EQUAL_MARGIN: '1',
  ...more,
});

interface Running {
  readonly child: ChildProcess;
  /** Told as stages begin. */
  onStage(told: (stage: string) => void): void;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string; readonly log: string }>;
}

function start(environment: Environment): Running {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/services/retrainer/main.js')], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, log]: [Buffer[], string[]] = [[], []];
  child.stdout.on('data', (part: Buffer) => out.push(part));
  const listeners: ((stage: string) => void)[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    const stage = /"stage":"([^"]+)".*"stage begins"/.exec(line)?.[1];
    if (stage) for (const told of listeners) told(stage);
  });
  return {
    child,
    onStage: (told) => listeners.push(told),
    ended: once(child, 'close').then(([code]) => ({
      code,
      text: Buffer.concat(out).toString(),
      log: log.join('\n'),
    })),
  };
}

/** The shipped version as the champion that is compared with. */
async function plantChampion(directory: string): Promise<FileRegistry> {
  const registry = new FileRegistry(join(directory, 'registry'));
  await ensureChampion(registry, START);
  return registry;
}

interface Ending {
  readonly outcome: string;
  readonly modelVersion: string;
  readonly manifestDigest: string;
  readonly gates: readonly { readonly passed: boolean; readonly sentence: string }[];
}

async function runThrough(environment: Environment): Promise<Plain> {
  const { code, text, log } = await start(environment).ended;
  if (code !== 0 && code !== 3) throw new Error(`the retrainer ended with ${code}: ${log.slice(-2_000)}`);
  return JSON.parse(text);
}
type StageSeconds = Readonly<Record<string, number>>;

/** Kills the next run somewhere inside `stage`. @returns whether it was hit there */
async function killInside(environment: Environment, stage: StageName, delayMs: number): Promise<boolean> {
  const { child, onStage, ended } = start(environment);
  let isHit = false;
  onStage((begun) => {
    if (begun !== stage) return;
    void wait(delayMs).then(() => {
      isHit = child.kill('SIGKILL');
    });
  });
  const { code } = await ended;
  return isHit && code === null;
}

/** Whatever is visible is whole, and aliases point to what there is. */
async function findProblems(registry: FileRegistry, versionsAtMost: number): Promise<string[]> {
  const problems: string[] = [];
  const versions = await registry.listVersions();
  if (versions.length > versionsAtMost) problems.push(`${versions.length} versions: ${versions.join(', ')}`);
  for (const version of versions)
    await registry.loadVerified(version).catch((error: unknown) => problems.push(`${version}: ${error}`));
  const champion = await registry.readAlias('champion');
  if ((champion?.fence ?? 0) > 2) problems.push(`the champion moved ${champion?.fence} times`);
  return problems;
}

interface Plain extends Ending {
  readonly champion: string;
  readonly seconds: StageSeconds;
}

/** One kill, and the run asked again. @returns whether it was hit there, and what was not as it should be */
async function killOnce(
  directory: string,
  archive: string,
  plain: Plain,
  { stage, within }: { readonly stage: StageName; readonly within: number },
): Promise<{ readonly isHit: boolean; readonly problems: readonly string[] }> {
  const registry = await plantChampion(directory);
  const environment = environmentOf(directory, archive);
  const isHit = await killInside(environment, stage, 1_000 * within * (plain.seconds[stage] ?? 0));
  const problems = await findProblems(registry, 2);
  const ending = await runThrough(environment);
  problems.push(...(await findProblems(registry, 2)));
  const previous = await registry.readAlias('previous');
  const isSame = ending.manifestDigest === plain.manifestDigest && ending.outcome === plain.outcome;
  const refusing = ending.gates.filter(({ passed }) => !passed).map(({ sentence }) => sentence);
  if (!isSame)
    problems.push(
      `ended with ${ending.outcome} ${ending.modelVersion}: ${refusing.join(' ') || 'no gate refused'}`,
    );
  if (plain.outcome === 'promoted' && previous?.modelVersion !== plain.champion)
    problems.push(`previous is ${previous?.modelVersion}`);
  rmSync(directory, { recursive: true, force: true });
  return { isHit, problems: problems.map((problem) => `killed in ${stage}: ${problem}`) };
}

/** Killed retrainings under way at the same time, each in a folder of its own: one alone leaves a core idle. */
const AT_ONCE = 2;

async function killEverywhere(
  root: string,
  archive: string,
  { plain, plan }: { readonly plain: Plain; readonly plan: KillPlan },
  tell: (text: string) => void,
): Promise<Pick<KillReport, 'kills' | 'problems'>> {
  const random: Random = createRandom(plan.seed);
  const kills: Record<string, number> = {};
  const problems: string[] = [];
  const killNext = async (stage: StageName, kill: number): Promise<void> => {
    const within = random.between(0, 1);
    const done = await killOnce(join(root, `killed-${kill}`), archive, plain, { stage, within });
    if (done.isHit) kills[stage] = (kills[stage] ?? 0) + 1;
    problems.push(...done.problems);
    tell(`${stage} ${kill + 1}: ${done.isHit ? 'hit' : 'missed'} ${done.problems.join('; ')}`);
  };
  for (const stage of plan.stages) {
    const waiting = Array.from({ length: plan.killsPerStage }, (_, kill) => kill);
    const chain = async (): Promise<void> => {
      for (let kill = waiting.shift(); kill !== undefined; kill = waiting.shift())
        await killNext(stage, kill);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, chain));
    tell(`${stage}: ${kills[stage] ?? 0} of ${plan.killsPerStage} hit, ${problems.length} problems so far`);
  }
  return { kills, problems };
}

/** Two at once, each with its own seed, against one champion. */
async function startTwo(
  root: string,
  archive: string,
  pair: number,
): Promise<{ readonly promotions: number; readonly problems: readonly string[] }> {
  const directory = join(root, `pair-${pair}`);
  const registry = await plantChampion(directory);
  const both = ['1', '2'].map((seed) =>
    start(environmentOf(directory, archive, { FRAUD_RETRAIN_SEED: seed })),
  );
  const endings = await Promise.all(both.map(({ ended }) => ended));
  const champion = await registry.readAlias('champion');
  const promotions = (champion?.fence ?? 1) - 1;
  const reports = endings.map(({ code, text, log }) =>
    code === 0 && text ? JSON.parse(text).outcome : /FRAUD_[A-Z_]+/.exec(log)?.[0],
  );
  const problems = await findProblems(registry, 3);
  if (reports.filter((report) => report === 'promoted').length !== 1 || promotions !== 1)
    problems.push(`two at once: ${reports.join(' and ')}, the champion moved ${promotions} times`);
  rmSync(directory, { recursive: true, force: true });
  return { promotions, problems };
}

export async function killRetrainings(
  plan: KillPlan,
  tell: (text: string) => void = () => {},
): Promise<KillReport> {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const root = mkdtempSync(join(tmpdir(), 'fraud-quality-kills-'));
  try {
    const archive = join(root, 'archive');
    await writeScoredArchive(archive, {
      seed: 43,
      cards: plan.cards,
      days: 75,
      startTime: START,
      fraudRate: 0.03,
      appliedEvents: false,
    });
    await plantChampion(join(root, 'plain'));
    const plain = await runThrough(environmentOf(join(root, 'plain'), archive));
    tell(`uninterrupted: ${JSON.stringify(plain)}`);
    const { kills, problems } = await killEverywhere(root, archive, { plain, plan }, tell);
    const promotionsOfPairs: number[] = [];
    const all = [...problems];
    for (let pair = 0; pair < plan.pairs; pair++) {
      const { promotions, problems: found } = await startTwo(root, archive, pair);
      promotionsOfPairs.push(promotions);
      all.push(...found);
      for (const problem of found) tell(problem);
      tell(`pair ${pair + 1}: the champion moved ${promotions} times`);
    }
    return { outcome: plain.outcome, kills, problems: all, promotionsOfPairs };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
