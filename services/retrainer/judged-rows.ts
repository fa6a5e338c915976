// services/retrainer/judged-rows.ts: a window of the training set as rows to be judged, with the segments that the gates look at.
import type { JudgedRows } from '../../shared/evaluation/scored-rows.ts';
import type { TrainingColumns } from '../../shared/training-set/training-set.ts';

const DAY_MS = 86_400_000;

/** The column that is 1, per row, of those that begin with `prefix`. */
function oneHot({ inputs, values, labels }: TrainingColumns, prefix: string): string[] {
  const columns = inputs.flatMap((name, column) => (name.startsWith(prefix) ? [{ name, column }] : []));
  const width = inputs.length;
  return Array.from(labels, (_, row) => {
    const found = columns.find(({ column }) => values[row * width + column] === 1);
    return found ? found.name.slice(prefix.length) : '';
  });
}

/** Amounts over the currency's median: small, usual, large, very large. */
function amountBand({ inputs, values, labels }: TrainingColumns): string[] {
  const column = inputs.indexOf('feature-amountLog');
  if (column < 0) return Array.from(labels, () => '');
  const bands = ['below half', 'half to double', 'double to eight', 'above eight'];
  const limits = [Math.log(0.5), Math.log(2), Math.log(8)];
  return Array.from(labels, (_, row) => {
    const amount = values[row * inputs.length + column] ?? 0;
    return bands[limits.filter((limit) => amount >= limit).length] ?? '';
  });
}

export function toJudgedRows(rows: TrainingColumns): JudgedRows {
  return {
    card: rows.cards,
    day: Int32Array.from(rows.times, (timeMs) => Math.floor(timeMs / DAY_MS)),
    label: rows.labels,
    weight: rows.weights,
    segments: {
      portfolio: rows.portfolios,
      'entry mode': oneHot(rows, 'event-entry-mode-'),
      category: oneHot(rows, 'event-category-'),
      amount: amountBand(rows),
    },
  };
}
