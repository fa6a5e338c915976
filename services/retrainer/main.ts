// services/retrainer/main.ts: one retraining and out: for `fraudctl retrain`, a cron job, or a job of Kubernetes.
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { readRetrainerSettings } from './config.ts';
import { createAnnounce } from './create-announce.ts';
import { endWithParent } from './end-with-parent.ts';
import { lowerPriority } from './lower-priority.ts';
import { collapseStatuses } from './refuse-collapse.ts';
import { runOnce } from './run-once.ts';
import { watchStages } from './watch-stages.ts';

/** A challenger that a gate refused: nothing is wrong, and nothing was promoted. */
const REFUSED = 3;
/** Progress is told at every tenth of a stage. */
const TENTHS = 10;

/** Exit codes: 0 challenger or champion, 1 failed, 2 wrong settings, 3 refused by a gate, 10–14 see refuse-collapse.ts. The report is one JSON document on stdout. */
function toExitCode(error: unknown): number {
  if (!(error instanceof AppError)) return 1;
  if (error.code === 'FRAUD_CONFIG_INVALID') return 2;
  return collapseStatuses[error.code] ?? (error.kind === 'usage' ? 2 : 1);
}

/** Tells each stage's tenths, with the seconds that are left of it. */
function createTeller(tell: (facts: Record<string, unknown>) => void) {
  let stage = '';
  let told = 0;
  let begunMs = 0;
  return (name: string, share: number): void => {
    if (name !== stage) {
      stage = name;
      told = 0;
      begunMs = performance.now();
    }
    const tenth = Math.floor(share * TENTHS);
    if (tenth <= told && share > 0) return;
    told = tenth;
    const seconds = (performance.now() - begunMs) / 1_000;
    tell({
      stage,
      percent: tenth * 10,
      ...(share > 0 && { secondsLeft: Math.round((seconds / share) * (1 - share)) }),
    });
  };
}

async function main(): Promise<void> {
  const bootLog = createLogger('retrainer', 'info', process.stderr);
  try {
    const settings = readRetrainerSettings(process.env);
    lowerPriority();
    endWithParent();
    const log = createLogger('retrainer', settings.logLevel, process.stderr);
    const onProgress = createTeller((facts) => log.info(facts, 'progress'));
    const stages = watchStages((stage) => log.info({ stage }, 'stage begins'));
    const report = await runOnce(settings, {
      clock: systemClock,
      announce: createAnnounce(settings, log),
      onProgress,
      stages,
    });
    process.stdout.write(`${JSON.stringify(report)}\n`);
    process.exitCode = report.outcome === 'refused' ? REFUSED : 0;
  } catch (error) {
    const facts = error instanceof AppError ? { code: error.code, whatToDo: error.whatToDo } : {};
    bootLog.fatal({ err: error, ...facts }, 'retrainer ends');
    process.exitCode = toExitCode(error);
  }
}

await main();
