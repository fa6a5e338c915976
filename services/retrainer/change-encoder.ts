// services/retrainer/change-encoder.ts: the champion's encoder goes on learning: from the archived events without labels, or from labelled rows.
import { z } from 'zod';
import type { EncoderWeights } from '../../shared/encoder/definition.ts';
import { selectColumns } from '../../shared/head/fit-head.ts';
import { featuresOnlyInputs } from '../../shared/head/head-inputs.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { adaptEncoder } from '../../shared/training/adapt-encoder.ts';
import { readArchivedStream } from '../../shared/training/archived-stream.ts';
import { readCheckpoint, writeCheckpoint } from '../../shared/training/checkpoint-file.ts';
import { fineTune } from '../../shared/training/fine-tune.ts';
import type { FineTuneRows } from '../../shared/training/fine-tune-rows.ts';
import { fineTuneSettingsSchema } from '../../shared/training/fine-tune-settings.ts';
import { selectRows } from '../../shared/training/head-dataset.ts';
import { toHeadDataset } from '../../shared/training/head-dataset-of.ts';
import { splitStream } from '../../shared/training/split-stream.ts';
import { readContexts } from '../../shared/training-set/read-contexts.ts';
import { type TrainingColumns, windowRows } from '../../shared/training-set/training-set.ts';
import {
  checkpointFile,
  keepWeights,
  readFineTuneCheckpoint,
  writeFineTuneCheckpoint,
} from '../../shared/transfer/stage-files.ts';
import type { WithSet } from './state.ts';

/** As in `fraudctl transfer`: higher rates forget. */
const ADAPTATION = { learningRate: 4e-3, rows: 96 } as const;
/** The last part of the training window decides when fine-tuning stops: calibration and test rows are not looked at. */
const LATER_SHARE = 0.2;
/** Genuine rows whose contexts are kept for fine-tuning, three kilobytes each. */
const GENUINE_ROWS = 40_000;

/** Where the work of this mode is kept: the same run goes on from its last checkpoint. */
const nameOf = (mode: WithSet['settings']['mode']): string =>
  mode === 'adaptation' ? 'adapted' : 'fine-tuned';

/** New weights of the encoder, from the run's folder when they were finished before. */
export async function changeEncoder(state: WithSet, initial: EncoderWeights): Promise<EncoderWeights> {
  const { settings, files, champion } = state;
  const kept = { folder: files.folder, name: nameOf(settings.mode), config: champion.config };
  const { weights } = await keepWeights(kept, z.unknown().parse, async () => ({
    weights: settings.mode === 'adaptation' ? await adapt(state, initial) : await tune(state, initial),
    facts: null,
  }));
  return weights;
}

/** Every archived event before the test window, never a sample; a twentieth of the cards only tells losses. */
async function readStreams({ store, set }: WithSet) {
  return splitStream(await readArchivedStream(store, { until: new Date(set.windows.test.fromMs) }));
}

async function adapt(state: WithSet, initial: EncoderWeights): Promise<EncoderWeights> {
  const { backend, champion, settings, set, files, onProgress } = state;
  const { training, heldOut } = await readStreams(state);
  const file = checkpointFile(files.folder, 'adapted');
  const steps = settings.encoderSteps;
  const run = JSON.stringify([ADAPTATION, steps, settings.seed, set.snapshotId]);
  const { weights } = await adaptEncoder({
    tf: backend.tf,
    config: champion.config,
    initial,
    stream: training,
    heldOut,
    settings: { ...ADAPTATION, steps, seed: settings.seed },
    resume: readCheckpoint(file, run),
    onCheckpoint: (checkpoint) => writeCheckpoint(file, checkpoint, run),
    onStep: (step) => onProgress('encoder', step / steps),
  });
  return weights;
}

/** Contexts of all frauds of the training window and of genuine rows at even distances. */
async function readTunedContexts(
  { store, set }: WithSet,
  rows: TrainingColumns,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const every = Math.max(1, Math.ceil(rows.labels.length / GENUINE_ROWS));
  const contexts = new Map<number, Uint8Array>();
  await readContexts(store, set, async (chunk) => {
    for (const { row, events } of chunk) {
      if (row < rows.labels.length && (rows.labels[row] === 1 || row % every === 0))
        contexts.set(row, events);
    }
  });
  return contexts;
}

async function tune(state: WithSet, initial: EncoderWeights): Promise<EncoderWeights> {
  const { backend, champion, settings, set, files, onProgress } = state;
  const rows = windowRows(set, 'training');
  const contexts = await readTunedContexts(state, rows);
  const { training: stream, heldOut } = await readStreams(state);
  const known = [...contexts.keys()].sort((left, right) => left - right);
  const laterFrom = known[Math.floor((1 - LATER_SHARE) * known.length)] ?? 0;
  const part = (isWanted: (row: number) => boolean): FineTuneRows => {
    const kept = known.filter(isWanted);
    const wanted = new Set(kept);
    const chosen = selectRows(toHeadDataset(rows), (row) => wanted.has(row));
    return {
      others: selectColumns(chosen, (name) => featuresOnlyInputs.includes(name)),
      windowOf: (row) => {
        const events = contexts.get(kept[row] ?? 0) ?? new Uint8Array();
        return { events, count: events.length / EVENT_BYTES };
      },
    };
  };
  const file = checkpointFile(files.folder, 'fine-tuned');
  const { weights } = await fineTune({
    tf: backend.tf,
    config: champion.config,
    initial,
    training: part((row) => row < laterFrom),
    later: part((row) => row >= laterFrom),
    stream,
    heldOut,
    settings: fineTuneSettingsSchema.parse({
      steps: settings.encoderSteps,
      lastLayers: settings.mode === 'all-layers' ? 'all' : settings.lastLayers,
      evaluateEvery: Math.max(1, Math.min(100, Math.ceil(settings.encoderSteps / 5))),
    }),
    seed: settings.seed,
    resume: readFineTuneCheckpoint(file),
    onCheckpoint: (checkpoint) => writeFineTuneCheckpoint(file, checkpoint),
    onStep: (step) => onProgress('encoder', step / settings.encoderSteps),
  });
  return weights;
}
