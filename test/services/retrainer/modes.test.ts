// test/services/retrainer/modes.test.ts: an encoder that goes on learning in a retraining: read again as it was stored, a candidate of its own, resumed where it stopped.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRetrainerSettings } from '../../../services/retrainer/config.ts';
import { encoderOf, WEIGHTS_FILE } from '../../../services/retrainer/encoder-of.ts';
import { runOnce } from '../../../services/retrainer/run-once.ts';
import { encodeAgain } from '../../../services/retrainer/stages/prepare-encoder.ts';
import { watchStages } from '../../../services/retrainer/watch-stages.ts';
import { openLocalArchive } from '../../../shared/archive/local-archive.ts';
import { systemClock } from '../../../shared/clock.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { buildTrainingSet } from '../../../shared/training-set/build-training-set.ts';
import { planWindows } from '../../../shared/training-set/windows.ts';
import { writeScoredArchive } from '../../support/scored-archive.ts';

const root = mkdtempSync(join(tmpdir(), 'fraud-test-modes-'));
const archive = join(root, 'archive');
const CUT = '2026-02-20T00:00:00.000Z';
const days = { labelDelayDays: 4, trainingDays: 20, calibrationDays: 8, testDays: 8 };

const settingsOf = (name: string, mode: string) =>
  readRetrainerSettings({
    FRAUD_ARCHIVE: archive,
    FRAUD_REGISTRY_DIRECTORY: join(root, name, 'registry'),
    FRAUD_RUNS_DIRECTORY: join(root, name, 'runs'),
    FRAUD_RETRAIN_CUT: CUT,
    FRAUD_RETRAIN_LABEL_DELAY_DAYS: String(days.labelDelayDays),
    FRAUD_RETRAIN_TRAINING_DAYS: String(days.trainingDays),
    FRAUD_RETRAIN_CALIBRATION_DAYS: String(days.calibrationDays),
    FRAUD_RETRAIN_TEST_DAYS: String(days.testDays),
    FRAUD_RETRAIN_ROWS_SEEN: '1',
    FRAUD_RETRAIN_HEAD: 'mlp',
    FRAUD_RETRAIN_MODE: mode,
    FRAUD_RETRAIN_ENCODER_STEPS: '2',
  });

beforeAll(async () => {
  await writeScoredArchive(archive, {
    seed: 41,
    cards: 60,
    days: 50,
    startTime: '2026-01-01T00:00:00.000Z',
    fraudRate: 0.05,
    appliedEvents: false,
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a retraining whose encoder learns', () => {
  test('reads the stored contexts again as they were scored', async () => {
    const version = await loadShipped();
    const champion = createChampion(version);
    const store = await openLocalArchive(archive);
    const cut = new Date(CUT);
    const { encoder, featureVersion, heads } = champion.manifest;
    const set = await buildTrainingSet({
      store,
      cut,
      windows: planWindows({ cut, ...days }),
      labelDelayDays: days.labelDelayDays,
      encoderVersion: encoder.version,
      featureVersion,
      inputs: heads.full.inputs,
    });
    const blank = { ...set, values: set.values.map((value, at) => (at % set.inputs.length < 8 ? 0 : value)) };
    const again = await encodeAgain(
      { store, set: blank, onProgress: () => {} },
      encoderOf(champion, version),
      champion.encoderParts.references,
    );
    const largest = again.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (set.values[at] ?? 0))),
      0,
    );
    expect(set.labels.length).toBeGreaterThan(500);
    expect(largest).toBeLessThan(1e-3);
  });

  test.each(['adaptation', 'last-layers'])(
    '%s: a candidate with an encoder of its own, the same when it is cut off and asked again',
    async (mode) => {
      const stages = watchStages();
      const cutOff = {
        times: stages.times,
        watched: ((name, stage) => async (state) => {
          const done = await stages.watched(name, stage)(state);
          if (name === 'encoder') throw new Error('cut off');
          return done;
        }) as typeof stages.watched,
      };
      const quiet = { clock: systemClock, onProgress: () => {} };
      await expect(runOnce(settingsOf(`${mode}-cut`, mode), { ...quiet, stages: cutOff })).rejects.toThrow(
        'cut off',
      );
      const resumed = await runOnce(settingsOf(`${mode}-cut`, mode), quiet);
      // What a mode does without being cut off is looked at for one of them: they differ in the stage that was finished.
      if (mode === 'last-layers') {
        const plain = await runOnce(settingsOf(`${mode}-plain`, mode), quiet);
        expect(resumed.manifestDigest).toBe(plain.manifestDigest);
      }
      const registry = new FileRegistry(join(root, `${mode}-cut`, 'registry'));
      const version = await registry.loadVerified(resumed.modelVersion);
      const parent = await registry.loadVerified(resumed.champion);
      expect(version.manifest.encoder.version).not.toBe(parent.manifest.encoder.version);
      expect(version.files.has(WEIGHTS_FILE)).toBe(true);
      const [made, before] = [version, parent].map((one) => createChampion(one).viewOf('*').reference);
      expect(made?.tails).not.toEqual(before?.tails);
      expect(made?.currencyMedians).toEqual(before?.currencyMedians);
    },
    120_000,
  );
});
