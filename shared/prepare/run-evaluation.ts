// shared/prepare/run-evaluation.ts: judges methods on prepared data and leaves a run folder: figures, report, record.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { comparePaired, type PairedComparison } from '../evaluation/compare-paired.ts';
import { type Evaluation, type EvaluationOptions, evaluateScores } from '../evaluation/evaluate.ts';
import { toRunId, writeRunRecord } from '../evaluation/run-folder.ts';
import type { RunRecord } from '../evaluation/run-record.ts';
import type { ScoredRows } from '../evaluation/scored-rows.ts';
import { evaluationSections, formatEstimate, toHeadlines } from '../report/evaluation-report.ts';
import { type ReportSection, writeHtmlReport } from '../report/html-report.ts';

export interface EvaluationRun {
  readonly rows: Omit<ScoredRows, 'score'>;
  /** Method → its scores of the rows, the first one is compared with the others. */
  readonly scores: Readonly<Record<string, Float64Array>>;
  readonly options: EvaluationOptions;
  readonly config: RunRecord['config'];
  readonly inputs: RunRecord['inputs'];
  readonly runsDirectory: string;
  readonly startedAt: Date;
  readonly clock: Clock;
}

export interface EvaluationResult {
  readonly record: RunRecord;
  readonly folder: string;
  readonly evaluations: Readonly<Record<string, Evaluation>>;
  /** First method minus another, on identical rows. */
  readonly comparisons: Readonly<Record<string, PairedComparison>>;
}

/** Figures of a method as run metrics; those of others carry their name in front. */
function toMetrics(evaluation: Evaluation, prefix: string): Record<string, number | null> {
  const { averagePrecision, areaUnderCurve, cardPrecision, review, calibration } = evaluation;
  const figures = {
    averagePrecision: averagePrecision.value,
    'averagePrecision.lower': averagePrecision.lower,
    'averagePrecision.upper': averagePrecision.upper,
    areaUnderCurve: areaUnderCurve.value,
    cardPrecision: cardPrecision.value,
    recallAtReviewCapacity: review.recall,
    ...(review.cost && { savedMinor: review.cost.savedMinor, lostMinor: review.cost.lostMinor }),
    ...(calibration && {
      brier: calibration.brier,
      expectedCalibrationError: calibration.expectedCalibrationError,
    }),
  };
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [prefix + name, Number.isFinite(value) ? value : null]),
  );
}

function comparisonSection(first: string, comparisons: EvaluationResult['comparisons']): ReportSection[] {
  const rows = Object.entries(comparisons).map(([other, { averagePrecision, areaUnderCurve }]) => [
    `${first} − ${other}`,
    formatEstimate(averagePrecision.difference),
    formatEstimate(areaUnderCurve.difference),
  ]);
  if (rows.length === 0) return [];
  const note =
    'On identical rows, the same draws of cards for both: an interval that holds 0 shows no difference.';
  return [{ heading: 'Differences', table: { columns: ['', 'average precision', 'AUC'], rows, note } }];
}

/**
 * Judges every method on the same rows and writes `evaluation.json`, `report.html` and `run.json` into a run folder.
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE for rows or scores that cannot be judged
 */
export async function runEvaluation(run: EvaluationRun): Promise<EvaluationResult> {
  const { rows, scores, options, config, inputs } = run;
  const methods = Object.keys(scores);
  const [first] = methods;
  const evaluations = Object.fromEntries(
    methods.map((method) => [method, evaluateScores({ ...rows, score: scores[method] }, options)]),
  );
  const comparisons = Object.fromEntries(
    methods.slice(1).map((other) => [other, comparePaired(rows, scores[first], scores[other], options)]),
  );
  const digest = createHash('sha256').update(JSON.stringify({ config, inputs })).digest('hex');
  const id = toRunId(run.startedAt, 'evaluate', digest);
  const folder = join(run.runsDirectory, id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'evaluation.json'),
    `${JSON.stringify({ evaluations, comparisons }, null, 1)}\n`,
  );
  const [firstDay, lastDay] = [evaluations[first].firstDay, evaluations[first].lastDay].map((day) =>
    new Date(day * 86_400_000).toISOString().slice(0, 10),
  );
  writeHtmlReport(join(folder, 'report.html'), {
    title: `Evaluation of ${methods.join(', ')}`,
    subtitle: `${firstDay} … ${lastDay} · ${rows.label.length} transactions, ${evaluations[first].frauds} frauds, ${evaluations[first].cards} cards`,
    headlines: toHeadlines(evaluations[first]),
    sections: [...(await evaluationSections(evaluations)), ...comparisonSection(first, comparisons)],
    footer: 'All figures are in evaluation.json, what the run was made from in run.json.',
  });
  const record: RunRecord = {
    formatVersion: 1,
    id,
    kind: 'evaluate',
    title: `evaluation of ${methods.join(', ')}`,
    state: 'finished',
    startedAt: run.startedAt.toISOString(),
    finishedAt: new Date(run.clock.now()).toISOString(),
    config,
    seeds: [options.seed ?? 1],
    inputs,
    metrics: Object.assign(
      {},
      ...methods.map((method, at) => toMetrics(evaluations[method], at === 0 ? '' : `${method}.`)),
    ),
    artifacts: { report: 'report.html', evaluation: 'evaluation.json' },
  };
  writeRunRecord(run.runsDirectory, record);
  return { record, folder, evaluations, comparisons };
}
