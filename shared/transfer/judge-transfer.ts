// shared/transfer/judge-transfer.ts: figures of a transfer on its test window: the technique beside every control, with intervals.
import { type AblationTable, compareMethods } from '../evaluation/ablation.ts';
import { type Evaluation, evaluateScores } from '../evaluation/evaluate.ts';
import type { JudgedRows } from '../evaluation/scored-rows.ts';
import type { Variants } from './fit-variants.ts';
import type { TransferConfig } from './transfer-config.ts';
import type { TransferRows } from './transfer-rows.ts';

const DAY_MS = 86_400_000;

export interface TransferJudgement {
  readonly evaluation: Evaluation;
  readonly table: AblationTable;
}

/** Test rows as they are judged. */
export function toJudgedRows({
  table,
  labels,
  amountsMinor,
  transactionIds,
  windows,
}: TransferRows): JudgedRows {
  const { test } = windows;
  return {
    card: Uint32Array.from(test, (row) => table.cardOf(row)),
    day: Int32Array.from(test, (row) => Math.floor(table.timeOf(row) / DAY_MS)),
    label: Uint8Array.from(test, (row) => labels[row] ?? 0),
    amountMinor: Float64Array.from(test, (row) => amountsMinor[row] ?? 0),
    transactionId: Array.from(test, (row) => transactionIds[row] ?? ''),
  };
}

/**
 * @param toScore calibration of the technique's raw score
 * @throws AppError FRAUD_EVALUATION_IMPOSSIBLE when the test window holds no fraud
 */
export function judgeTransfer(
  rows: TransferRows,
  { scores }: Variants,
  { technique, rounds, seed }: TransferConfig,
  toScore: (rawScore: number) => number,
): TransferJudgement {
  const judged = toJudgedRows(rows);
  const options = { rounds, seed };
  const raw = scores.get(technique) ?? new Float32Array(0);
  const byMethod = Object.fromEntries([...scores].map(([name, column]) => [name, [column]]));
  return {
    evaluation: evaluateScores({ ...judged, score: Float64Array.from(raw, toScore) }, options),
    table: compareMethods([{ rows: judged, scores: byMethod }], technique, options),
  };
}

/** Figures by name, for the run's record. */
export function toMetrics({ evaluation, table }: TransferJudgement): Record<string, number | null> {
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const { averagePrecision, areaUnderCurve, review, cardPrecision } = evaluation;
  return {
    averagePrecision: finite(averagePrecision.value),
    'averagePrecision.lower': finite(averagePrecision.lower),
    'averagePrecision.upper': finite(averagePrecision.upper),
    areaUnderCurve: finite(areaUnderCurve.value),
    recallAtReviewCapacity: finite(review.recall),
    cardPrecision: finite(cardPrecision.value),
    ...Object.fromEntries(
      table.methods
        .slice(1)
        .map(({ method, averagePrecision: own }) => [`${method}.averagePrecision`, finite(own.value)]),
    ),
  };
}
