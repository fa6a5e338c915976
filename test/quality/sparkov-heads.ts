// test/quality/sparkov-heads.ts: few labels on Sparkov: the same linear head on pretrained readings, random readings and features alone.

import type { HeadRows } from '../../shared/head/fit-head.ts';
import { fitLinearHead, selectColumns } from '../../shared/head/fit-head.ts';
import { createPlainHead } from '../../shared/head/head-weights.ts';
import type { EncodedRows } from './encode-rows.ts';
import type { Draw, SparkovData } from './sparkov-data.ts';

/** Which inputs a variant sees. */
export type Variant = 'all' | 'readings' | 'readings-and-event' | 'features';

const isReading = (name: string) => !name.startsWith('feature-') && !name.startsWith('event-');
const columnsOf: Readonly<Record<Variant, (name: string) => boolean>> = {
  all: () => true,
  readings: isReading,
  'readings-and-event': (name) => !name.startsWith('feature-'),
  features: (name) => !isReading(name),
};

/** Rows that a draw labels: all rows before the cut of its cards. */
export function labelledRows(data: SparkovData, { fraudCards, genuineCards }: Draw): number[] {
  return [...fraudCards, ...genuineCards].flatMap((card) => data.rowsBeforeCut.get(card) ?? []);
}

/** Scores of the test rows by a head fitted on the labelled ones. */
export function scoreByHead(train: HeadRows, test: HeadRows, variant: Variant): Float64Array {
  const chosen = selectColumns(train, columnsOf[variant]);
  const judged = selectColumns(test, columnsOf[variant]);
  const head = createPlainHead(fitLinearHead(chosen));
  const width = judged.inputs.length;
  return Float64Array.from({ length: judged.labels.length }, (_, row) =>
    head.scoreOne(judged.values.subarray(row * width, (row + 1) * width)),
  );
}

/** Test rows with all inputs of one encoder. */
export function selectTest(rows: EncodedRows, data: SparkovData): HeadRows {
  return rows.select(data.testRows, data.labels);
}
