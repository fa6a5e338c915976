// test/quality/handbook.ts: the Handbook protocol: our head beside the rival on identical rows, with intervals, references and goals.
import { parseArgs } from 'node:util';
import { type AblationTable, compareMethods } from '../../shared/evaluation/ablation.ts';
import type { Fold as JudgedFold } from '../../shared/evaluation/resample-cards.ts';
import { DAY_MS, type HandbookData, loadHandbook } from './handbook-data.ts';
import {
  choosingFolds,
  type Fold,
  type FoldMetrics,
  judgedFolds,
  measureFold,
  selectFold,
} from './handbook-folds.ts';
import { logEvaluation } from './handbook-log.ts';
import { scoreByMethod } from './handbook-methods.ts';
import { methodNames, recipe } from './handbook-recipe.ts';
import { scoreByRival } from './handbook-rival.ts';
import { askQualityData, say } from './say.ts';

const RIVAL = 'gradient boosting (LightGBM), all features';
/** Mean over folds, as published or found by prototypes; benchmarks of the field. */
const references = [
  'published: random forest .678 / .870 / .299, XGBoost .687 / .869 / .303, LSTM .667 / .874 / .295',
  'gradient boosting on 23 streaming features, by a prototype: .762 / .882 / .309; goals ≥ .77 / ≥ .888 / ≥ .315',
];

/** Mean over the columns of each fold. */
function meanColumn(columns: readonly Float64Array[]): Float64Array {
  return Float64Array.from(columns[0] ?? [], (_, row) =>
    columns.reduce((sum, column) => sum + (column[row] ?? 0) / columns.length, 0),
  );
}

const format = ({ averagePrecision, areaUnderCurve, cardPrecisionAt100 }: FoldMetrics): string =>
  `${averagePrecision.toFixed(4)} / ${areaUnderCurve.toFixed(4)} / ${cardPrecisionAt100.toFixed(4)}`;

function meanOf(figures: readonly FoldMetrics[]): FoldMetrics {
  const mean = (pick: (one: FoldMetrics) => number) =>
    figures.reduce((sum, one) => sum + pick(one) / figures.length, 0);
  return {
    averagePrecision: mean((one) => one.averagePrecision),
    areaUnderCurve: mean((one) => one.areaUnderCurve),
    cardPrecisionAt100: mean((one) => one.cardPrecisionAt100),
  };
}

/** Prints each seed, and the mean of the seeds' logits, fold by fold. Returns the latter. */
function tellMethod(
  data: HandbookData,
  folds: readonly Fold[],
  name: string,
  scores: Float64Array[][],
): FoldMetrics[] {
  const measure = (fold: Fold, column: ArrayLike<number>) => measureFold(data, fold.testRows, column);
  const seeds = scores[0]?.length ?? 0;
  for (let seed = 0; seed < seeds && seeds > 1; seed++) {
    const ofSeed = folds.map((fold, index) => measure(fold, scores[index]?.[seed] ?? []));
    say(`  ${name}, seed ${seed + 1}: ${format(meanOf(ofSeed))}`);
  }
  const together = folds.map((fold, index) => measure(fold, meanColumn(scores[index] ?? [])));
  say(`  ${name}${seeds > 1 ? `, ${seeds} seeds together` : ''}: ${format(meanOf(together))}`);
  for (const [index, figures] of together.entries()) say(`      ${folds[index]?.start}  ${format(figures)}`);
  return together;
}

function toJudgedFold(
  { cards, times, labels }: HandbookData,
  { testRows }: Fold,
  scores: JudgedFold['scores'],
): JudgedFold {
  return {
    rows: {
      card: Uint32Array.from(testRows, (row) => cards[row] ?? 0),
      day: Int32Array.from(testRows, (row) => Math.floor((times[row] ?? 0) / DAY_MS)),
      label: Uint8Array.from(testRows, (row) => labels[row] ?? 0),
    },
    scores,
  };
}

function tellDifferences({ methods, baseline }: AblationTable): void {
  say(`  average precision, and difference to "${baseline}" (95 %, paired bootstrap over cards):`);
  for (const { method, averagePrecision, averagePrecisionDifference: difference } of methods) {
    const interval = difference
      ? `${difference.value.toFixed(4)} [${difference.lower.toFixed(4)}, ${difference.upper.toFixed(4)}]`
      : '';
    say(`    ${method.padEnd(44)} ${averagePrecision.value.toFixed(4)}   ${interval}`);
  }
}

/** `choose` compares on earlier folds; `judge` on the four of the protocol, and logs that it did. */
export async function runHandbook(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      fold: { type: 'string', multiple: true },
      method: { type: 'string', multiple: true },
      seeds: { type: 'string' },
      rounds: { type: 'string', default: '1000' },
      trees: { type: 'string' },
    },
  });
  const file = askQualityData('handbook/transactions.csv.gz');
  if (!file) return;
  const isJudged = positionals[0] === 'judge';
  const data = await loadHandbook(file);
  const starts = values.fold ?? (isJudged ? judgedFolds : choosingFolds);
  const folds = starts.map((start) => selectFold(data, start));
  const methods = methodNames.filter((name) => (values.method ?? [recipe.method]).includes(name));
  const seeds = values.seeds === undefined ? recipe.seeds : recipe.seeds.slice(0, Number(values.seeds));
  const used = {
    ...recipe,
    seeds,
    ...(values.trees && { trees: { ...recipe.trees, ...JSON.parse(values.trees) } }),
  };
  for (const { start, testRows } of folds) {
    const frauds = testRows.reduce((sum, row) => sum + (data.labels[row] ?? 0), 0);
    say(`fold ${start}: ${testRows.length} test rows, ${frauds} frauds`);
  }
  say('mean over folds: average precision / AUC / CP@100');
  const scores = new Map<string, Float64Array[][]>([[RIVAL, scoreByRival({ folds, seeds: seeds.length })]]);
  for (const method of methods) scores.set(method, await scoreByMethod(data, folds, method, used));
  const told = [...scores].map(([name, columns]) => [name, tellMethod(data, folds, name, columns)] as const);
  const judged = folds.map((fold, index) =>
    toJudgedFold(
      data,
      fold,
      // Of ours the seeds' mean is the recipe; of the rival each seed stands alone and the mean of the figures counts.
      Object.fromEntries(
        [...scores].map(([name, columns]) => {
          const ofFold = columns[index] ?? [];
          return [name, name === RIVAL ? ofFold : [meanColumn(ofFold)]];
        }),
      ),
    ),
  );
  const table = compareMethods(judged, RIVAL, { rounds: Number(values.rounds), seed: 1 });
  tellDifferences(table);
  for (const line of references) say(`  ${line}`);
  if (isJudged) {
    const figures = Object.fromEntries(
      told.map(([name, ofFolds]) => [name, { folds: ofFolds, mean: meanOf(ofFolds) }]),
    );
    logEvaluation({ recipe, methods, folds: starts, seeds, figures, differences: table.methods });
  }
}
