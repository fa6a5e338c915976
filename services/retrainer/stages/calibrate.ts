// services/retrainer/stages/calibrate.ts: raw scores → probabilities, every rung of the ladder on the calibration window.
import { calibrate as calibrateHeads } from '../../../shared/training/bootstrap-heads.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import type { WithCalibrators, WithHeads } from '../state.ts';

export function calibrate(state: WithHeads): WithCalibrators {
  const rows = windowRows(state.set, 'calibration');
  const calibrators = calibrateHeads(state.heads, { ...rows, typologies: [] });
  return { ...state, calibrators };
}
