// services/retrainer/refuse-collapse.ts: sets nothing can be learnt from, each refused with its own code and exit status.
import { AppError, type ErrorCode } from '../../shared/errors.ts';
import { type TrainingColumns, windowRows } from '../../shared/training-set/training-set.ts';
import { windowNames } from '../../shared/training-set/windows.ts';

/** Exit statuses of the refusals; 1 and 2 mean what they mean everywhere. */
export const collapseStatuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  FRAUD_TRAINING_NO_ROWS: 10,
  FRAUD_TRAINING_NO_LABELS: 11,
  FRAUD_TRAINING_NO_FRAUD: 12,
  FRAUD_TRAINING_ALL_FRAUD: 13,
  FRAUD_TRAINING_ONE_LABEL: 14,
};

const countFrauds = ({ labels }: TrainingColumns): number => labels.reduce((sum, label) => sum + label, 0);

/**
 * @throws AppError FRAUD_TRAINING_NO_ROWS, _NO_LABELS, _ONE_LABEL, _NO_FRAUD, _ALL_FRAUD; the last two name the window
 */
export function refuseCollapse(set: TrainingColumns): void {
  if (set.labels.length === 0) throw new AppError('FRAUD_TRAINING_NO_ROWS');
  const evidence = set.knownAtMs.reduce((sum, knownMs) => sum + (Number.isNaN(knownMs) ? 0 : 1), 0);
  if (evidence === 0) throw new AppError('FRAUD_TRAINING_NO_LABELS', { facts: { rows: set.labels.length } });
  if (evidence === 1) throw new AppError('FRAUD_TRAINING_ONE_LABEL');
  for (const name of windowNames) {
    const rows = windowRows(set, name);
    const facts = { window: name, rows: rows.labels.length };
    if (facts.rows === 0) throw new AppError('FRAUD_TRAINING_NO_ROWS', { detail: `Window ${name}.`, facts });
    const frauds = countFrauds(rows);
    if (frauds === 0) throw new AppError('FRAUD_TRAINING_NO_FRAUD', { detail: `Window ${name}.`, facts });
    if (frauds === facts.rows)
      throw new AppError('FRAUD_TRAINING_ALL_FRAUD', { detail: `Window ${name}.`, facts });
  }
}
