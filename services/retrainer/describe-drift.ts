// services/retrainer/describe-drift.ts: what is usual under the new version: the judged weeks as drift will be measured against them.
import {
  buildDriftReference,
  DRIFT_REFERENCE_FILE,
  toDriftReferenceBytes,
} from '../../shared/drift/drift-reference.ts';
import type { DriftRow } from '../../shared/drift/drift-row.ts';
import { AppError } from '../../shared/errors.ts';
import { Calibrator } from '../../shared/head/calibrator.ts';
import { createPlainHead } from '../../shared/head/head-weights.ts';
import { type TrainingColumns, windowRows } from '../../shared/training-set/training-set.ts';
import type { WithThresholds } from './state.ts';

/** Of more rows, all of every n-th card: whole cards, because a card counts once a day. */
const MOST_ROWS = 60_000;

type Described = Pick<WithThresholds, 'set' | 'heads' | 'calibrators' | 'thresholds'>;

/**
 * From the calibration and the test window, which hold every mature row: the training window may be thinned, and ends with frauds alone.
 * @returns the file by its name; nothing when the windows are too short to tell how quiet weeks differ
 */
export function describeDrift(state: Described): ReadonlyMap<string, Uint8Array> {
  const windows = (['calibration', 'test'] as const).map((name) => windowRows(state.set, name));
  const every = Math.ceil(windows.reduce((sum, { labels }) => sum + labels.length, 0) / MOST_ROWS);
  const rows = windows.flatMap((window) => toDriftRows(window, every, state));
  try {
    const reference = buildDriftReference(rows, { inputs: state.set.inputs });
    return new Map([[DRIFT_REFERENCE_FILE, toDriftReferenceBytes(reference)]]);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FRAUD_DRIFT_REFERENCE_SHORT') return new Map();
    throw error;
  }
}

/** @param every takes all rows of every n-th card */
export function toDriftRows(
  { inputs, values, cards, times }: TrainingColumns,
  every: number,
  { heads, calibrators, thresholds }: Described,
): DriftRow[] {
  const head = createPlainHead(heads.full);
  const calibrator = new Calibrator(calibrators.full);
  const rows: DriftRow[] = [];
  for (const [row, card] of cards.entries()) {
    if (card % every !== 0) continue;
    const own = values.subarray(row * inputs.length, (row + 1) * inputs.length);
    const score = calibrator.toScore(head.scoreOne(own));
    const isAlert = score >= thresholds.reviewAbove;
    rows.push({ eventTimeMs: times[row] ?? 0, card, values: own, score, isAlert });
  }
  return rows;
}
