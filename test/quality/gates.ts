// test/quality/gates.ts: does the real path from the archive to promotion let a good challenger through and every harmful one stop? The simulator's truth is the judge.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRetrainerSettings } from '../../services/retrainer/config.ts';
import { type RunReport, runOnce } from '../../services/retrainer/run-once.ts';
import { promote } from '../../services/retrainer/stages/promote.ts';
import type { WithVersion } from '../../services/retrainer/state.ts';
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { createRandom } from '../../shared/simulation/random.ts';
import type { SimulationOptions } from '../../shared/simulation/simulation.ts';
import { type GateChallenger, gateChallengers, spoilStages } from './gate-challengers.ts';
import { type GatesPortfolio, loadGatesPortfolio, writeArchiveWith } from './gates-portfolio.ts';
import { createTruthJudge, type TruthJudge } from './judge-by-truth.ts';

const DAY_MS = 86_400_000;

/** A portfolio, the days on which champion and challenger are trained, and their windows. */
export interface GatesPlan {
  readonly simulation: SimulationOptions & { readonly startTime: string };
  readonly championDay: number;
  readonly challengerDay: number;
  readonly judgedDays: number;
  readonly labelDelayDays: number;
  /** Days of training, calibration and test window. */
  readonly championWindows: readonly [number, number, number];
  readonly challengerWindows: readonly [number, number, number];
  readonly reviewShare: number;
}

export interface GateResult {
  readonly name: string;
  /** `promoted`, `refused`, or the code of the error that ended it. */
  readonly outcome: string;
  /** Why: the gates that refused, with their sentences; or what was said. */
  readonly reasons: readonly string[];
  readonly averagePrecision?: number;
  readonly merchantRecall?: number;
  readonly cleanMerchantRecall?: number;
}

export interface GatesRun {
  readonly champion: RunReport;
  readonly results: readonly GateResult[];
  readonly judge: Pick<TruthJudge, 'rows' | 'frauds' | 'fraudsAt'>;
  readonly flippedFiles: readonly { readonly file: string; readonly refusedWith: string | undefined }[];
}

interface Session {
  readonly plan: GatesPlan;
  readonly portfolio: GatesPortfolio;
  readonly root: string;
  readonly merchants: readonly string[];
  readonly judge: TruthJudge;
}

const dayOf = ({ simulation }: GatesPlan, day: number): Date =>
  new Date(Date.parse(simulation.startTime) + day * DAY_MS);

function settingsOf(
  plan: GatesPlan,
  paths: { readonly archive: string; readonly registry: string; readonly runs: string },
  { day, windows }: { readonly day: number; readonly windows: readonly [number, number, number] },
) {
  const [training, calibration, test] = windows.map(String);
  return readRetrainerSettings({
    FRAUD_ARCHIVE: paths.archive,
    FRAUD_REGISTRY_DIRECTORY: paths.registry,
    FRAUD_RUNS_DIRECTORY: paths.runs,
    FRAUD_RETRAIN_CUT: dayOf(plan, day).toISOString(),
    FRAUD_RETRAIN_LABEL_DELAY_DAYS: String(plan.labelDelayDays),
    FRAUD_RETRAIN_TRAINING_DAYS: training,
    FRAUD_RETRAIN_CALIBRATION_DAYS: calibration,
    FRAUD_RETRAIN_TEST_DAYS: test,
    FRAUD_RETRAIN_REVIEW_SHARE: String(plan.reviewShare),
    FRAUD_RETRAIN_PROMOTE: 'true',
  });
}

/** The merchant with most fraud, and of those with some the one with most traffic. */
function chooseMerchants({ truth }: GatesPortfolio): string[] {
  const counts = new Map<string, { rows: number; frauds: number }>();
  for (const { merchantKey = '', isFraud } of truth.values()) {
    const count = counts.get(merchantKey) ?? { rows: 0, frauds: 0 };
    counts.set(merchantKey, { rows: count.rows + 1, frauds: count.frauds + (isFraud ? 1 : 0) });
  }
  const all = [...counts].filter(([name]) => name !== '');
  const byFraud = all.toSorted(([, left], [, right]) => right.frauds - left.frauds);
  const busy = byFraud.slice(1, 12).toSorted(([, left], [, right]) => right.rows - left.rows);
  return [byFraud[0]?.[0] ?? '', busy[0]?.[0] ?? ''];
}

const refusedGates = ({ gates }: RunReport): string[] =>
  gates.filter(({ passed }) => !passed).map(({ gate, sentence }) => `${gate}: ${sentence}`);

/** Of the version it ended with, promoted or registered for the record. */
async function judgeVersion(session: Session, registry: string, modelVersion: string, merchant?: number) {
  const version = await new FileRegistry(registry).loadVerified(modelVersion);
  const { averagePrecision, recallAt } = await session.judge.judge(version);
  return { averagePrecision, ...(merchant !== undefined && { merchantRecall: recallAt[merchant] ?? 0 }) };
}

interface Tried {
  readonly result: GateResult;
  readonly modelVersion?: string;
  readonly registry: string;
}

/** One challenger in a registry of its own that holds the earlier champion. */
async function tryChallenger(
  session: Session,
  challenger: GateChallenger,
  index: number,
  onRegistered: (state: WithVersion, registry: string) => Promise<void>,
): Promise<Tried> {
  const { plan, portfolio, root, merchants } = session;
  const { name } = challenger;
  const registry = join(root, `registry-${index}`);
  cpSync(join(root, 'registry'), registry, { recursive: true });
  const archive = challenger.poison ? join(root, `archive-${index}`) : join(root, 'archive');
  if (challenger.poison) await writeArchiveWith(portfolio, archive, challenger.poison(portfolio, merchants));
  const stages = spoilStages(challenger, (stage, done) =>
    stage === 'register' ? onRegistered(done as WithVersion, registry) : undefined,
  );
  const paths = { archive, registry, runs: join(root, `runs-${index}`) };
  const settings = settingsOf(plan, paths, { day: plan.challengerDay, windows: plan.challengerWindows });
  try {
    const report = await runOnce(settings, { clock: systemClock, onProgress: () => {}, stages });
    const { modelVersion, outcome } = report;
    const figures = await judgeVersion(session, registry, modelVersion, challenger.merchant);
    return {
      result: { name, outcome, reasons: refusedGates(report), ...figures },
      modelVersion,
      registry,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { result: { name, outcome: error.code, reasons: [error.message] }, registry };
  }
}

/** One bit of each file of a registered version, just before it is to be promoted; put back afterwards. */
async function flipBits(state: WithVersion, registry: string) {
  const random = createRandom(11);
  const folder = join(registry, 'versions', state.version.manifest.modelVersion);
  const results: { file: string; refusedWith: string | undefined }[] = [];
  for (const file of ['manifest.json', ...state.version.files.keys()]) {
    const path = join(folder, file);
    const bytes = readFileSync(path);
    const flipped = Buffer.from(bytes);
    const at = random.integer(bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.integer(8));
    writeFileSync(path, flipped);
    const refusedWith = await promote({ ...state, verdicts: [] }).then(
      () => undefined,
      (error: unknown) => (error instanceof AppError ? error.code : String(error)),
    );
    const champion = await state.registry.readAlias('champion');
    writeFileSync(path, bytes);
    const isUntouched = champion?.fence === state.championEntry.fence;
    results.push({ file, refusedWith: isUntouched ? refusedWith : undefined });
    // It got through: whatever follows would judge another champion.
    if (!isUntouched) break;
  }
  return results;
}

export async function runGates(
  plan: GatesPlan,
  challengers: readonly GateChallenger[] = gateChallengers,
  tell: (text: string) => void = () => {},
): Promise<GatesRun> {
  const portfolio = await loadGatesPortfolio(plan.simulation);
  const root = mkdtempSync(join(tmpdir(), 'fraud-quality-gates-'));
  try {
    const paths = {
      archive: join(root, 'archive'),
      registry: join(root, 'registry'),
      runs: join(root, 'runs'),
    };
    await writeArchiveWith(portfolio, paths.archive, portfolio.outcomes);
    const champion = await runOnce(
      settingsOf(plan, paths, { day: plan.championDay, windows: plan.championWindows }),
      { clock: systemClock, onProgress: () => {} },
    );
    tell(`champion: ${JSON.stringify(champion)}`);
    const merchants = chooseMerchants(portfolio);
    const version = await new FileRegistry(paths.registry).loadVerified(champion.modelVersion);
    const judge = await createTruthJudge({
      portfolio,
      version,
      from: dayOf(plan, plan.challengerDay),
      until: dayOf(plan, plan.challengerDay + plan.judgedDays),
      merchants,
      reviewShare: plan.reviewShare,
    });
    const session = { plan, portfolio, root, merchants, judge };
    const { averagePrecision, recallAt } = await judge.judge(version);
    tell(`champion by truth: ${averagePrecision}, at merchants ${recallAt.join(' ')}`);
    return { champion, ...(await tryAll(session, challengers, tell)) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function tryAll(
  session: Session,
  challengers: readonly GateChallenger[],
  tell: (text: string) => void,
): Promise<Omit<GatesRun, 'champion'>> {
  const results: GateResult[] = [];
  let flippedFiles: GatesRun['flippedFiles'] = [];
  let cleanRecall: readonly number[] = [];
  for (const [index, challenger] of challengers.entries()) {
    const { result, modelVersion, registry } = await tryChallenger(
      session,
      challenger,
      index,
      async (registered, at) => {
        if (index === 0) flippedFiles = await flipBits(registered, at);
      },
    );
    if (index === 0 && modelVersion) {
      const clean = await new FileRegistry(registry).loadVerified(modelVersion);
      cleanRecall = (await session.judge.judge(clean)).recallAt;
    }
    const { merchant } = challenger;
    results.push({
      ...result,
      ...(merchant !== undefined && { cleanMerchantRecall: cleanRecall[merchant] ?? Number.NaN }),
    });
    tell(JSON.stringify(results.at(-1)));
    if (existsSync(join(session.root, `runs-${index}`)))
      rmSync(join(session.root, `runs-${index}`), { recursive: true });
  }
  const { rows, frauds, fraudsAt } = session.judge;
  return { results, judge: { rows, frauds, fraudsAt }, flippedFiles };
}
