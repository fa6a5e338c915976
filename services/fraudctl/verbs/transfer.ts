// services/fraudctl/verbs/transfer.ts: `fraudctl transfer --technique T --data FILE --mapping M`: makes an encoder work on this portfolio, and proves it.
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { logToMlflow } from '../../../shared/evaluation/mlflow.ts';
import { defaultRunsDirectory } from '../../../shared/evaluation/run-folder.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { formatEstimate } from '../../../shared/report/evaluation-report.ts';
import { type BackendName, backendNames } from '../../../shared/training/backend.ts';
import { runTransfer, type TransferResult } from '../../../shared/transfer/run-transfer.ts';
import {
  controlNames,
  headKinds,
  parseTransferConfig,
  techniques,
} from '../../../shared/transfer/transfer-config.ts';
import { addHistoryOptions, type HistoryOptions, openHistory } from '../labelled-history.ts';
import { toDate } from '../mapped-file-options.ts';
import { defaultRegistryDirectory } from '../models/registry-options.ts';
import { toCount, toPositive } from '../option-values.ts';
import { createStageBar } from '../stage-bar.ts';

interface TransferOptions extends HistoryOptions {
  readonly technique: string;
  readonly config?: string;
  readonly encoder?: string;
  readonly seed?: number;
  readonly labelShare?: number;
  readonly calibrateFrom?: Date;
  readonly testFrom?: Date;
  readonly head?: string;
  readonly controls?: string[];
  readonly resume?: string;
  readonly runs: string;
  readonly registry: string;
  readonly backend?: BackendName;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  addHistoryOptions(
    program
      .command('transfer')
      .description('fit a pretrained encoder to a portfolio, judge it beside controls, register a candidate'),
  )
    .addOption(
      new Option('--technique <name>', 'what is changed').choices(techniques).makeOptionMandatory(true),
    )
    .option('--config <file>', 'YAML or JSON with any setting of a transfer; options given here win')
    .option('--encoder <name>', 'shipped encoder, or a directory of one (default: small)')
    .option('--seed <number>', 'of everything drawn', toCount)
    .option('--label-share <share>', 'share of the cards whose labels exist', toPositive)
    .option('--calibrate-from <time>', 'first event time of the calibration window', toDate)
    .option('--test-from <time>', 'first event time of the test window', toDate)
    .addOption(new Option('--head <kind>', 'kind of head').choices(headKinds))
    .addOption(new Option('--controls <names...>', 'controls to run').choices([...controlNames, 'none']))
    .option('--resume <run>', 'go on with a run that was stopped')
    .option('--runs <directory>', 'where run folders lie', defaultRunsDirectory())
    .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
    .addOption(
      new Option('--backend <name>', 'tfjs backend (default: the best that loads)').choices(backendNames),
    )
    .option('--json', 'the run record as JSON, no progress')
    .action(run);
}

/** Settings of the file with the options over them. */
function toConfig(options: TransferOptions): unknown {
  const { technique, encoder, seed, labelShare, head, controls, calibrateFrom, testFrom } = options;
  const given = readSettings(options.config);
  const windows = {
    ...(calibrateFrom && { calibrateFrom: calibrateFrom.toISOString() }),
    ...(testFrom && { testFrom: testFrom.toISOString() }),
  };
  const before = typeof given.windows === 'object' ? given.windows : {};
  return {
    ...given,
    technique,
    ...(encoder && { encoder }),
    ...(seed && { seed }),
    ...(labelShare && { labelShare }),
    ...(head && { head }),
    ...(controls && { controls: controls.filter((name) => name !== 'none') }),
    windows: { ...before, ...windows },
  };
}

function readSettings(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    const content: unknown = parse(readFileSync(file, 'utf8'));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read as settings.`, cause });
  }
  throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} holds no settings.` });
}

async function run(options: TransferOptions): Promise<void> {
  const { json, resume, backend } = options;
  const config = parseTransferConfig(toConfig(options));
  const { tell, inputs, rowPlace, span } = await openHistory(options);
  const progress = json ? undefined : createStageBar();
  try {
    const result = await runTransfer({
      config,
      tell,
      inputs,
      rowPlace,
      span,
      registry: new FileRegistry(options.registry),
      now: () => systemClock.now(),
      runsDirectory: options.runs,
      ...(resume && { resume }),
      ...(backend && { backend }),
      ...(progress && { onProgress: progress.advance }),
    });
    progress?.stop();
    await logRun(result);
    process.stdout.write(json ? `${JSON.stringify(result.record)}\n` : describe(result));
  } finally {
    progress?.stop();
  }
}

/** The run is finished and on disk: a server that cannot be reached is a remark, not a failure. */
async function logRun({ record, folder }: TransferResult): Promise<void> {
  const trackingUri = process.env.MLFLOW_TRACKING_URI;
  if (!trackingUri) return;
  try {
    await logToMlflow({ trackingUri }, record, folder);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(
      `${error.message} The run is kept; \`fraudctl runs log ${record.id}\` tries again.\n`,
    );
  }
}

function describe({ record, folder, judgement }: TransferResult): string {
  const { methods } = judgement.table;
  const width = Math.max(...methods.map(({ method }) => method.length));
  const lines = methods.map(
    ({ method, averagePrecision, areaUnderCurve }) =>
      `  ${method.padEnd(width)}  AP ${formatEstimate(averagePrecision)}  AUC ${areaUnderCurve.value.toFixed(3)}`,
  );
  return `${record.id}\n${lines.join('\n')}\nCandidate ${record.candidate}; report ${folder}/report.html.\nMake it champion with \`fraudctl models promote ${record.candidate}\`.\n`;
}
