// services/retrainer/stages/build-set.ts: archive → training set at the cut; what nothing can be learnt from is refused here.
import { AppError } from '../../../shared/errors.ts';
import { buildTrainingSet } from '../../../shared/training-set/build-training-set.ts';
import { planWindows } from '../../../shared/training-set/windows.ts';
import { refuseCollapse } from '../refuse-collapse.ts';
import type { Asked, WithSet } from '../state.ts';

const FILE = 'snapshot.json';

/**
 * The set itself is not kept: it is built again, and must come out the same.
 * @throws AppError FRAUD_TRAINING_NO_ROWS … and FRAUD_ARCHIVE_MISSING when a resumed run no longer finds the same data
 */
export async function buildSet(asked: Asked): Promise<WithSet> {
  const { settings, cut, store, champion, files, onProgress } = asked;
  const { labelDelayDays, trainingDays, calibrationDays, testDays } = settings;
  onProgress('training set', 0);
  const set = await buildTrainingSet({
    store,
    cut,
    windows: planWindows({ cut, labelDelayDays, trainingDays, calibrationDays, testDays }),
    labelDelayDays,
    encoderVersion: champion.manifest.encoder.version,
    featureVersion: champion.manifest.featureVersion,
    inputs: champion.manifest.heads.full.inputs,
    genuineShare: { training: settings.genuineShare },
    knownBy: settings.knownBy,
  });
  refuseCollapse(set);
  const before = await files.read(FILE);
  const { snapshotId } = set;
  if (before && JSON.parse(Buffer.from(before).toString()).snapshotId !== snapshotId) {
    throw new AppError('FRAUD_ARCHIVE_MISSING', {
      detail: 'The archive no longer gives the rows with which this run began: start another run.',
    });
  }
  await files.write(FILE, Buffer.from(`${JSON.stringify({ snapshotId, inputFiles: set.inputFiles })}\n`));
  onProgress('training set', 1);
  return { ...asked, set };
}
