// services/retrainer/describe-drift.ts: what is usual under the new version: the judged weeks as drift will be measured against them.
import {
  buildDriftReference,
  DRIFT_REFERENCE_FILE,
  toDriftReferenceBytes,
} from '../../shared/drift/drift-reference.ts';
import type { DriftRow } from '../../shared/drift/drift-row.ts';
import { AppError } from '../../shared/errors.ts';
import { Calibrator } from '../../shared/head/calibrator.ts';
import { type WindowName, windowNames } from '../../shared/training-set/windows.ts';
import type { WithEvaluation } from './state.ts';

/** Of more rows, all of every n-th card: whole cards, because a card counts once a day. */
const MOST_ROWS = 60_000;

export type Described = Pick<WithEvaluation, 'set' | 'rawScores' | 'calibrators' | 'thresholds'>;

/**
 * From the calibration and the test window, which hold every mature row: the training window may be thinned, and ends with frauds alone.
 * @returns the file by its name; nothing when the windows are too short to tell how quiet weeks differ
 */
export function describeDrift(state: Described): ReadonlyMap<string, Uint8Array> {
  const rows = toDriftRows(state, ['calibration', 'test'], MOST_ROWS);
  try {
    const reference = buildDriftReference(rows, { inputs: state.set.inputs });
    return new Map([[DRIFT_REFERENCE_FILE, toDriftReferenceBytes(reference)]]);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FRAUD_DRIFT_REFERENCE_SHORT') return new Map();
    throw error;
  }
}

/** The rows of these windows as drift looks at them; of more than `mostRows`, all of every n-th card. */
export function toDriftRows(
  { set, rawScores, calibrators, thresholds }: Described,
  names: readonly WindowName[],
  mostRows: number,
): DriftRow[] {
  const wanted = new Set(names.map((name) => windowNames.indexOf(name)));
  const count = set.windowOf.reduce((sum, window) => sum + (wanted.has(window) ? 1 : 0), 0);
  const every = Math.max(1, Math.ceil(count / mostRows));
  const calibrator = new Calibrator(calibrators.full);
  const width = set.inputs.length;
  const rows: DriftRow[] = [];
  for (const [row, card] of set.cards.entries()) {
    if (card % every !== 0 || !wanted.has(set.windowOf[row] ?? -1)) continue;
    const raw = rawScores[row] ?? Number.NaN;
    // A score that is no number alerts nobody; the gate of the golden rows counts it.
    const score = Number.isFinite(raw) ? calibrator.toScore(raw) : 0;
    rows.push({
      eventTimeMs: set.times[row] ?? 0,
      card,
      values: set.values.subarray(row * width, (row + 1) * width),
      score,
      isAlert: score >= thresholds.reviewAbove,
    });
  }
  return rows;
}
