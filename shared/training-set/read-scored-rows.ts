// shared/training-set/read-scored-rows.ts: every scored row of some days, whatever is known of it: for judges that bring the truth themselves.
import type { ArchiveStore } from '../archive/archive-store.ts';
import type { Manifest } from '../registry/manifest.ts';
import { buildTrainingSet } from './build-training-set.ts';
import { type TrainingColumns, windowRows } from './training-set.ts';

const DAY_MS = 86_400_000;

/** Rows of [fromMs, untilMs) with the inputs of the version; the two days before stand for windows nobody asks for. Labels say nothing. */
export async function readScoredRows(
  store: ArchiveStore,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  { encoder, featureVersion, heads }: Pick<Manifest, 'encoder' | 'featureVersion' | 'heads'>,
): Promise<TrainingColumns> {
  const window = (startMs: number, endMs: number) => ({ fromMs: startMs, untilMs: endMs, asOfMs: endMs });
  const set = await buildTrainingSet({
    store,
    cut: new Date(untilMs),
    windows: {
      training: window(fromMs - 2 * DAY_MS, fromMs - DAY_MS),
      calibration: window(fromMs - DAY_MS, fromMs),
      test: window(fromMs, untilMs),
    },
    labelDelayDays: 0,
    encoderVersion: encoder.version,
    featureVersion,
    inputs: heads.full.inputs,
  });
  return windowRows(set, 'test');
}
