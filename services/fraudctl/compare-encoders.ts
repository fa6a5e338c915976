// services/fraudctl/compare-encoders.ts: `fraudctl encoders compare`: a bake-off of encoders on somebody's own data, as table, picture and recommendation.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { compareEncoders, type EncoderComparison } from '../../shared/transfer/compare-encoders.ts';
import { probeTable, writeComparisonReport } from '../../shared/transfer/comparison-report.ts';
import type { LabelBudget } from '../../shared/transfer/label-budget.ts';
import { parseTransferConfig } from '../../shared/transfer/transfer-config.ts';
import { addHistoryOptions, type HistoryOptions, openHistory } from './labelled-history.ts';
import { toCount } from './option-values.ts';
import { createStageBar } from './stage-bar.ts';
import { toColumns } from './to-columns.ts';

interface CompareOptions extends HistoryOptions {
  readonly encoders: string[];
  readonly budgets: LabelBudget[];
  readonly draws: number;
  readonly seed: number;
  readonly genuineEvery: number;
  readonly output: string;
  readonly json?: boolean;
}

const toBudget = (text: string, before: LabelBudget[] | undefined, isFirst: boolean): LabelBudget[] => {
  const budget = text === 'all' ? 'all' : Number(text);
  if (budget !== 'all' && !(Number.isInteger(budget) && budget > 0)) {
    throw new InvalidArgumentError('Expected numbers of labelled fraud cards, or `all`.');
  }
  return isFirst ? [budget] : [...(before ?? []), budget];
};

/** Commander hands every value of a list to this one by one, the default first: the first given value replaces it. */
function collectBudgets(): (text: string, before: LabelBudget[]) => LabelBudget[] {
  let isFirst = true;
  return (text, before) => {
    const budgets = toBudget(text, before, isFirst);
    isFirst = false;
    return budgets;
  };
}

/** Adds the sub-command. */
export function registerCompare(encoders: Command): void {
  addHistoryOptions(
    encoders
      .command('compare')
      .description(
        'which encoder for this portfolio: a frozen probe at several label budgets, distance, cost, recommendation',
      ),
  )
    .option('--encoders <names...>', 'shipped, imported, or directories', [
      'small',
      'small-cnp',
      'small-pos',
      'tiny',
    ])
    .option('--budgets <numbers...>', 'labelled fraud cards', collectBudgets(), [5, 20, 'all'])
    .option('--draws <number>', 'draws of the labelled cards at each budget', toCount, 3)
    .option('--seed <number>', 'of everything drawn', toCount, 1)
    .option('--genuine-every <number>', 'one genuine training row in so many', toCount, 4)
    .option('--output <directory>', 'where the report goes', join('.fraud', 'encoder-comparison'))
    .option('--json', 'machine-readable output, no progress')
    .action(compare);
}

async function compare(options: CompareOptions): Promise<void> {
  const { json, encoders, budgets, draws, seed, genuineEvery } = options;
  const { tell, rowPlace, span } = await openHistory(options);
  const bar = json ? undefined : createStageBar();
  try {
    const comparison = await compareEncoders({
      config: parseTransferConfig({ technique: 'feature-extraction', seed, genuineEvery }),
      tell,
      rowPlace,
      span,
      encoders,
      budgets,
      draws,
      ...(bar && { onProgress: bar.advance }),
    });
    bar?.stop();
    mkdirSync(options.output, { recursive: true });
    const report = join(options.output, 'report.html');
    await writeComparisonReport(report, comparison);
    process.stdout.write(
      json ? `${JSON.stringify(toFigures(comparison, report))}\n` : describe(comparison, report),
    );
  } finally {
    bar?.stop();
  }
}

const toFigures = ({ encoders, budgets, recommendation, fraudCards }: EncoderComparison, report: string) => ({
  recommendation,
  fraudCards,
  encoders,
  budgets: budgets.map(({ budget, table }) => ({ budget, methods: table.methods })),
  report,
});

function describe(comparison: EncoderComparison, report: string): string {
  const { columns, rows } = probeTable(comparison);
  const costs = comparison.encoders.map(
    ({ encoder, distance, millisecondsPerThousand }) =>
      `${encoder}: ${millisecondsPerThousand.toFixed(0)} ms per 1,000 rows; distance to its pretraining ` +
      `mean ${distance.mean.toFixed(2)}, covariance ${distance.covariance.toFixed(2)}, MMD² ${distance.discrepancy.toFixed(3)}`,
  );
  const { encoder, why } = comparison.recommendation;
  return `Average precision of a frozen probe:\n${toColumns([columns, ...rows])}\n\n${costs.join('\n')}\n\nTake ${encoder}: ${why}\nReport: ${report}\n`;
}
