// test/quality/adaptation-sparkov.ts: the portfolio of another maker as a target of adaptation: its stream before the cut, its draws of labelled cards, its test rows.
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { createPlainHead } from '../../shared/head/head-weights.ts';
import type { AdaptationTarget, TargetOptions } from './adaptation.ts';
import { askQualityData } from './say.ts';
import { loadSparkov, readDraws, toPretrainingStream } from './sparkov-data.ts';
import { labelledRows } from './sparkov-heads.ts';
import { encodeSparkov } from './sparkov-rows.ts';

/** Undefined, and said so, when the data is not there. */
export async function openSparkovTarget(options: TargetOptions): Promise<AdaptationTarget | undefined> {
  const file = askQualityData('sparkov/transactions.csv.gz');
  if (!file) return undefined;
  const data = await loadSparkov(file);
  const { every } = options;
  const testRows = data.testRows.filter((row, index) => data.labels[row] === 1 || index % every === 0);
  const weights = Float32Array.from(testRows, (row) => (data.labels[row] === 1 ? 1 : every));
  const budgets = options.budgets.map(
    (k) => [k, (readDraws()[String(k)] ?? []).slice(0, options.draws)] as const,
  );
  const rows = [
    ...testRows,
    ...budgets.flatMap(([, draws]) => draws.flatMap((draw) => labelledRows(data, draw))),
  ];
  return {
    title: 'another maker (Sparkov)',
    training: toPretrainingStream(data),
    async judge(config, encoderWeights) {
      const encoded = await encodeSparkov({ data, config, weights: encoderWeights, rows });
      const test = encoded.select(testRows, data.labels);
      const width = test.inputs.length;
      const judgeDraw = (labelled: readonly number[]) => {
        const head = createPlainHead(fitFewLabelsHead(encoded.select(labelled, data.labels)));
        const scores = Float64Array.from(test.labels, (_, row) =>
          head.scoreOne(test.values.subarray(row * width, (row + 1) * width)),
        );
        return averagePrecision({ scores, labels: test.labels, weights });
      };
      return new Map(
        budgets.map(([k, draws]) => {
          const sum = draws.reduce((total, draw) => total + judgeDraw(labelledRows(data, draw)), 0);
          return [k, sum / draws.length];
        }),
      );
    },
  };
}
