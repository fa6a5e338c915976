// services/retrainer/retrain.ts: READ FIRST: training set → encoder → fit → calibrate → thresholds → evaluate → gates → register → promote, as one list of stages.
import { buildSet } from './stages/build-set.ts';
import { calibrate } from './stages/calibrate.ts';
import { chooseDecisionThresholds } from './stages/choose-thresholds.ts';
import { evaluate } from './stages/evaluate.ts';
import { fit } from './stages/fit.ts';
import { judge } from './stages/judge.ts';
import { prepareEncoder } from './stages/prepare-encoder.ts';
import { promote } from './stages/promote.ts';
import { register } from './stages/register.ts';
import type { Asked, Retrained } from './state.ts';
import type { Watched } from './watch-stages.ts';

/**
 * Runs every stage. Killed anywhere and started again with the same run it goes on: heads that were fitted are read, the rest is cheap and
 * comes out the same; nothing is visible in the registry before `register`, and no alias moves before `promote`.
 */
export async function retrain(asked: Asked, watched: Watched): Promise<Retrained> {
  const set = await watched('training set', buildSet)(asked); //        rows as scored, labels as known at the cut
  const encoder = await watched('encoder', prepareEncoder)(set); //     the champion's, or one that went on learning
  const heads = await watched('fit', fit)(encoder); //                  both heads, from readings
  const calibrated = await watched('calibrate', calibrate)(heads); //   raw scores → probabilities
  const cuts = await watched('thresholds', chooseDecisionThresholds)(calibrated); // probabilities → decisions
  const judged = await watched('evaluate', evaluate)(cuts); //          against the champion, on the same later window
  const verdicts = await watched('gates', judge)(judged); //            every named condition
  const version = await watched('register', register)(verdicts); //     files, lineage, report, card
  return watched('promote', promote)(version); //                       challenger, champion, or neither
}
