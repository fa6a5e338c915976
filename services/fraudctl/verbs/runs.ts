// services/fraudctl/verbs/runs.ts: `fraudctl runs list|compare|log`: what was tried, side by side, and into MLflow.
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../../shared/errors.ts';
import { logToMlflow } from '../../../shared/evaluation/mlflow.ts';
import { defaultRunsDirectory, listRuns, readRun } from '../../../shared/evaluation/run-folder.ts';
import { compareRuns, writeRunsReport } from '../../../shared/report/runs-report.ts';
import { toColumns } from '../to-columns.ts';

interface RunsOptions {
  readonly runs: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  const runs = program.command('runs').description('runs of transfer, retraining and evaluation');
  const add = (name: string, description: string) =>
    runs
      .command(name)
      .description(description)
      .option('--runs <directory>', 'where run folders lie', defaultRunsDirectory())
      .option('--json', 'machine-readable output');
  add('list', 'all runs, oldest first').action(list);
  add('compare <run...>', 'figures and options of several runs side by side; a beginning of the id will do')
    .option('--out <file>', 'also as a page with pictures')
    .action(compare);
  add('log <run...>', 'log runs to the MLflow server of MLFLOW_TRACKING_URI').action(log);
}

function print(facts: unknown, text: string, { json }: RunsOptions): void {
  process.stdout.write(`${json ? JSON.stringify(facts) : text}\n`);
}

function list(options: RunsOptions): void {
  const records = listRuns(options.runs);
  const rows = records.map(({ id, kind, state, metrics, candidate }) => [
    id,
    kind,
    state,
    metrics.averagePrecision?.toFixed(4) ?? '–',
    candidate ?? '',
  ]);
  const text = toColumns([['run', 'kind', 'state', 'AP', 'candidate'], ...rows]);
  print(records, rows.length === 0 ? `No runs in ${options.runs}.` : text, options);
}

async function compare(ids: string[], options: RunsOptions): Promise<void> {
  const records = ids.map((id) => readRun(options.runs, id));
  const table = compareRuns(records);
  if (options.out) await writeRunsReport(options.out, records);
  const text = toColumns([table.columns, ...table.rows]);
  print(table, options.out ? `${text}\n${options.out}` : text, options);
}

async function log(ids: string[], options: RunsOptions): Promise<void> {
  const trackingUri = process.env.MLFLOW_TRACKING_URI;
  if (!trackingUri) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'MLFLOW_TRACKING_URI',
      detail: 'Expected the address of an MLflow server, got nothing.',
    });
  }
  const logged: Record<string, string> = {};
  for (const id of ids) {
    const record = readRun(options.runs, id);
    logged[record.id] = await logToMlflow({ trackingUri }, record, join(options.runs, record.id));
  }
  print(
    logged,
    Object.entries(logged)
      .map((pair) => pair.join('  '))
      .join('\n'),
    options,
  );
}
