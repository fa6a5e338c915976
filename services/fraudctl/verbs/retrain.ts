// services/fraudctl/verbs/retrain.ts: `fraudctl retrain`: one retraining in a process of its own; its report and exit status.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { registerJobVerbs } from '../retrain-jobs.ts';

interface RetrainOptions {
  readonly archive?: string;
  readonly registry?: string;
  readonly runs?: string;
  readonly cut?: string;
  readonly labelDelayDays?: string;
  readonly trainingDays?: string;
  readonly calibrationDays?: string;
  readonly testDays?: string;
  readonly genuineShare?: string;
  readonly seed?: string;
  readonly mode?: string;
  readonly backend?: string;
  readonly promote?: boolean;
  readonly json?: boolean;
}

const NOTE = `
Every option is also a setting (FRAUD_RETRAIN_…, services/retrainer/config.ts). A run that was cut off goes on when it is asked again.
Exit codes: 0 challenger or champion, 1 failed, 2 wrong usage, 3 refused by a gate, 10 no rows, 11 no labels, 12 no fraud,
13 all fraud, 14 one label.`;

/** Adds the verb. */
export function register(program: Command): void {
  const retrain = program
    .command('retrain')
    .description(
      'fit heads on archived rows and late labels, judge them against the champion, register what passes',
    )
    .option('--archive <location>', 'a directory, or s3://bucket/prefix')
    .option('--registry <directory>', 'registry directory')
    .option('--runs <directory>', 'folder of runs')
    .option('--cut <time>', 'nothing that became known later exists; default: the last full hour')
    .option('--label-delay-days <days>', 'unlabelled for so long counts as genuine')
    .option('--training-days <days>', 'length of the training window')
    .option('--calibration-days <days>', 'length of the calibration window')
    .option('--test-days <days>', 'length of the window on which the gates judge')
    .option('--genuine-share <share>', 'share of the genuine training rows that is kept')
    .option('--seed <integer>', 'seed')
    .addOption(
      new Option('--mode <name>', 'what learns: heads alone, or the encoder too').choices([
        'head',
        'adaptation',
        'last-layers',
        'all-layers',
      ]),
    )
    .addOption(new Option('--backend <name>', 'training backend; default: the best that loads'))
    .option('--promote', 'make it champion when it passes every gate')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', NOTE)
    .action(run);
  registerJobVerbs(retrain);
}

function toEnvironment(options: RetrainOptions): Record<string, string> {
  const named: Readonly<Record<string, string | undefined>> = {
    FRAUD_ARCHIVE: options.archive,
    FRAUD_REGISTRY_DIRECTORY: options.registry,
    FRAUD_RUNS_DIRECTORY: options.runs,
    FRAUD_RETRAIN_CUT: options.cut,
    FRAUD_RETRAIN_LABEL_DELAY_DAYS: options.labelDelayDays,
    FRAUD_RETRAIN_TRAINING_DAYS: options.trainingDays,
    FRAUD_RETRAIN_CALIBRATION_DAYS: options.calibrationDays,
    FRAUD_RETRAIN_TEST_DAYS: options.testDays,
    FRAUD_RETRAIN_GENUINE_SHARE: options.genuineShare,
    FRAUD_RETRAIN_SEED: options.seed,
    FRAUD_RETRAIN_MODE: options.mode,
    FRAUD_TRAINING_BACKEND: options.backend,
    FRAUD_RETRAIN_PROMOTE: options.promote ? 'true' : undefined,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function run(options: RetrainOptions): Promise<void> {
  const isSource = import.meta.url.endsWith('.ts');
  const main = new URL(`../../retrainer/main.${isSource ? 'ts' : 'js'}`, import.meta.url);
  const child = spawn(process.execPath, [...(isSource ? ['--import', 'tsx'] : []), fileURLToPath(main)], {
    env: { ...process.env, ...toEnvironment(options) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const [code] = await once(child, 'close');
  const text = Buffer.concat(parts).toString();
  process.stdout.write(options.json || text === '' ? text : toSentences(JSON.parse(text)));
  process.exitCode = typeof code === 'number' ? code : 1;
}

interface Report {
  readonly run: string;
  readonly outcome: string;
  readonly modelVersion: string;
  readonly champion: string;
  readonly averagePrecision: Readonly<Record<'challenger' | 'champion' | 'lower' | 'upper', number>>;
  readonly gates: readonly { readonly gate: string; readonly passed: boolean; readonly sentence: string }[];
}

function toSentences(report: Report): string {
  const { challenger, champion, lower, upper } = report.averagePrecision;
  const gates = report.gates.map(
    ({ gate, passed, sentence }) => `  ${passed ? 'passed ' : 'refused'}  ${gate.padEnd(16)} ${sentence}`,
  );
  return [
    `${report.modelVersion}: ${report.outcome} (run ${report.run})`,
    `average precision ${challenger.toFixed(4)}, ${report.champion} ${champion.toFixed(4)}, difference ${lower.toFixed(4)} to ${upper.toFixed(4)}`,
    ...gates,
    '',
  ].join('\n');
}
