// services/retrainer/stages/choose-thresholds.ts: the scores at which a decision changes, so that the review budget is met on the calibration window.
import { Calibrator } from '../../../shared/head/calibrator.ts';
import { chooseThresholds } from '../../../shared/head/thresholds.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import type { WithCalibrators, WithThresholds } from '../state.ts';

export function chooseDecisionThresholds(state: WithCalibrators): WithThresholds {
  const { reviewShare, declineShare } = state.settings;
  const { weights } = windowRows(state.set, 'calibration');
  const calibrator = new Calibrator(state.calibrators.full);
  const scores = Float64Array.from(state.calibrationScores, (raw) => calibrator.toScore(raw));
  return { ...state, thresholds: chooseThresholds(scores, weights, { reviewShare, declineShare }) };
}
