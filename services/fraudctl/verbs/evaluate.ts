// services/fraudctl/verbs/evaluate.ts: `fraudctl evaluate DIR`: scores files or a model version judged on prepared data, into a run folder.
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { logToMlflow } from '../../../shared/evaluation/mlflow.ts';
import { defaultRunsDirectory } from '../../../shared/evaluation/run-folder.ts';
import { digestFile } from '../../../shared/prepare/prepared-folder.ts';
import { type PreparedData, readPrepared } from '../../../shared/prepare/read-prepared.ts';
import { readScores } from '../../../shared/prepare/read-scores.ts';
import { runEvaluation } from '../../../shared/prepare/run-evaluation.ts';
import { scorePrepared } from '../../../shared/prepare/score-prepared.ts';
import { createScoredColumns } from '../../../shared/prepare/scored-columns.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { aliases, loadAlias } from '../../../shared/registry/registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { toDate } from '../mapped-file-options.ts';
import { defaultRegistryDirectory } from '../models/registry-options.ts';
import { toPositive, toWhole } from '../option-values.ts';
import { createProgress, type Progress } from '../progress.ts';

interface EvaluateOptions {
  readonly scores: readonly string[];
  readonly model?: string;
  readonly registry: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly reviewShare: number;
  readonly reviewsPerDay?: number;
  readonly reviewCost?: number;
  readonly rounds: number;
  readonly seed: number;
  readonly runs: string;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  program
    .command('evaluate <directory>')
    .description(
      'judge scores on prepared data: ranking, reviews, money, calibration, segments; report and JSON',
    )
    .option(
      '--scores <[name=]file>',
      'file with transaction_id and score; may be repeated: the first is compared with the others',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option(
      '--model <version>',
      'instead: score by this version of the registry, or champion, challenger, previous',
    )
    .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
    .option('--from <time>', 'first event time judged, inclusive; earlier ones fill the histories', toDate)
    .option('--until <time>', 'event times end before this', toDate)
    .option('--review-share <share>', 'share of the transactions that can be reviewed', toPositive, 0.005)
    .option('--reviews-per-day <count>', 'instead: transactions reviewed per day', toPositive)
    .option('--review-cost <minor units>', 'what one review costs', toPositive)
    .option('--rounds <count>', 'draws of the cards for the intervals', toWhole, 1_000)
    .option('--seed <integer>', 'seed of the draws', toWhole, 1)
    .option('--runs <directory>', 'where run folders lie', defaultRunsDirectory())
    .option('--json', 'machine-readable output')
    .action(run);
}

async function run(directory: string, options: EvaluateOptions): Promise<void> {
  if (options.scores.length > 0 === (options.model !== undefined)) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: 'Expected either --scores or --model.' });
  }
  const startedAt = new Date(systemClock.now());
  const data = await readPrepared(directory);
  const progress = createProgress('transactions');
  try {
    const judged = options.model
      ? await scoreByVersion(data, options.model, options, progress)
      : await joinScores(data, options, progress);
    const { transactions, labels } = data.manifest.files;
    const result = await runEvaluation({
      ...judged,
      options: {
        rounds: options.rounds,
        seed: options.seed,
        reviewCostMinor: options.reviewCost,
        capacity: options.reviewsPerDay ? { perDay: options.reviewsPerDay } : { share: options.reviewShare },
      },
      config: JSON.parse(JSON.stringify({ directory, ...options })),
      inputs: { transactions, labels, ...judged.inputs },
      runsDirectory: options.runs,
      startedAt,
      clock: systemClock,
    });
    const trackingUri = process.env.MLFLOW_TRACKING_URI;
    const mlflowRun = trackingUri
      ? await logToMlflow({ trackingUri }, result.record, result.folder)
      : undefined;
    tell({ run: result.record.id, folder: result.folder, mlflowRun, ...result.record.metrics }, options);
  } finally {
    progress.stop();
  }
}

type Judged = Pick<Parameters<typeof runEvaluation>[0], 'rows' | 'scores' | 'inputs'>;

const isWithin = (timeMs: number, { from, until }: EvaluateOptions): boolean =>
  timeMs >= (from?.getTime() ?? Number.NEGATIVE_INFINITY) &&
  timeMs < (until?.getTime() ?? Number.POSITIVE_INFINITY);

/** Rows that every file has a score for. */
async function joinScores(data: PreparedData, options: EvaluateOptions, progress: Progress): Promise<Judged> {
  const named = options.scores.map((text): [name: string, file: string] => {
    const [, name, file] = /^([\w -]+)=(.+)$/.exec(text) ?? [];
    return name !== undefined && file !== undefined ? [name, file] : [basename(text), text];
  });
  const files = await Promise.all(named.map(([, file]) => readScores(file)));
  const columns = createScoredColumns(files.length);
  let told = 0;
  for await (const lines of data.lines()) {
    for (const line of lines) {
      if (line.kind !== 'transaction' || !isWithin(line.eventTimeMs, options)) continue;
      const scores = files.flatMap((file) => file.get(line.transaction.transactionId) ?? []);
      if (scores.length === files.length) columns.add(line, scores);
    }
    told += lines.length;
    progress.update(told, data.manifest.transactions);
  }
  const { rows, scores } = columns.build();
  const inputs: Record<string, string> = {};
  for (const [name, file] of named) inputs[`scores of ${name}`] = await digestFile(file);
  return { rows, scores: Object.fromEntries(named.map(([name], at) => [name, scores[at]])), inputs };
}

async function scoreByVersion(
  data: PreparedData,
  name: string,
  options: EvaluateOptions,
  progress: Progress,
): Promise<Judged> {
  const registry = new FileRegistry(options.registry);
  await ensureChampion(registry, new Date(systemClock.now()).toISOString());
  const alias = aliases.find((one) => one === name);
  const champion = createChampion(
    alias ? (await loadAlias(registry, alias)).version : await registry.loadVerified(name),
  );
  const encoder = await createOnnxEncoder(champion.encoderParts);
  const columns = createScoredColumns(1);
  try {
    const scored = scorePrepared(data, {
      champion,
      encoder,
      fromMs: options.from?.getTime(),
      untilMs: options.until?.getTime(),
      onProgress: (transactions) => progress.update(transactions, data.manifest.transactions),
    });
    for await (const some of scored) for (const { row, score } of some) columns.add(row, [score]);
  } finally {
    await encoder.close();
  }
  const { rows, scores } = columns.build();
  const { modelVersion } = champion.manifest;
  return { rows, scores: { [modelVersion]: scores[0] }, inputs: { [modelVersion]: champion.manifestDigest } };
}

function tell(facts: Record<string, string | number | null | undefined>, { json }: EvaluateOptions): void {
  const shown = Object.entries(facts).filter(([name, value]) => value !== undefined && name !== 'folder');
  process.stdout.write(
    json
      ? `${JSON.stringify(facts)}\n`
      : `${shown.map(([name, value]) => `${name.padEnd(28)} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`).join('\n')}\n${join(String(facts.folder), 'report.html')}\n`,
  );
}
