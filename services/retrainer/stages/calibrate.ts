// services/retrainer/stages/calibrate.ts: raw scores → probabilities, every rung of the ladder on the calibration window.
import { openHeadGraph } from '../../../shared/encoder/score-head-graph.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { fitCalibrator } from '../../../shared/head/calibrator.ts';
import { selectColumns } from '../../../shared/head/fit-head.ts';
import { writeHeadGraph } from '../../../shared/head/head-graph.ts';
import type { HeadWeights } from '../../../shared/head/head-weights.ts';
import { scoreByRules } from '../../../shared/rules/fallback-rules.ts';
import { type TrainingColumns, windowRows } from '../../../shared/training-set/training-set.ts';
import type { WithCalibrators, WithHeads } from '../state.ts';

export async function calibrate(state: WithHeads): Promise<WithCalibrators> {
  const rows = windowRows(state.set, 'calibration');
  const { labels, weights } = rows;
  const own = new Set(state.heads.featuresOnly.inputs);
  const rawScores = {
    full: await scoreHead(state.heads.full, rows.values),
    featuresOnly: await scoreHead(
      state.heads.featuresOnly,
      selectColumns(rows, (name) => own.has(name)).values,
    ),
    rules: scoreRules(rows),
  };
  const calibrateOn = (scores: ArrayLike<number>) => fitCalibrator({ rawScores: scores, labels, weights });
  return {
    ...state,
    calibrators: {
      full: calibrateOn(rawScores.full),
      featuresOnly: calibrateOn(rawScores.featuresOnly),
      rules: calibrateOn(rawScores.rules),
    },
    calibrationScores: rawScores.full,
  };
}

/** By ONNX Runtime, as it is served; the columns of `values` are the head's inputs. */
async function scoreHead(head: HeadWeights, values: Float32Array): Promise<Float32Array> {
  const graph = await openHeadGraph(writeHeadGraph(head, {}), head.inputs.length);
  return graph.score(values).finally(() => graph.release());
}

/** Raw scores of the lowest rung. */
function scoreRules({ inputs, values, labels }: TrainingColumns): Float32Array {
  const first = inputs.indexOf(`feature-${featureNames[0]}`);
  return Float32Array.from(labels, (_, row) => {
    const start = row * inputs.length + first;
    return scoreByRules(values.subarray(start, start + featureNames.length));
  });
}
