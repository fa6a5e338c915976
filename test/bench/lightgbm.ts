// test/bench/lightgbm.ts: the time LightGBM takes on a retraining's own training rows: both kinds of rows, one machine, one run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RetrainerSettings } from '../../services/retrainer/config.ts';
import { openArchive } from '../../shared/archive/open-archive.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { buildTrainingSet } from '../../shared/training-set/build-training-set.ts';
import { windowRows } from '../../shared/training-set/training-set.ts';
import { planWindows } from '../../shared/training-set/windows.ts';
import { findPython } from '../quality/boosting.ts';
import { writeNpy } from '../quality/npy.ts';

export interface LightgbmFigures {
  readonly rows: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakMemoryMegabytes: number;
}

/** Reading the archive is not counted: rows lie ready as one matrix. */
export async function timeLightgbm(settings: RetrainerSettings, cut: Date): Promise<LightgbmFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-bench-lightgbm-'));
  try {
    const rows = await writeRows(settings, cut, folder);
    const program = join(packageRoot, 'test/quality/python/time_lightgbm.py');
    const text = execFileSync(findPython(), [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    return { rows, ...JSON.parse(text.toString()) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeRows(settings: RetrainerSettings, cut: Date, folder: string): Promise<number> {
  const { manifest } = await loadShipped();
  const store = await openArchive(settings.archive);
  const set = await buildTrainingSet({
    store,
    cut,
    windows: planWindows({ ...settings, cut }),
    labelDelayDays: settings.labelDelayDays,
    encoderVersion: manifest.encoder.version,
    featureVersion: manifest.featureVersion,
    inputs: manifest.heads.full.inputs,
  }).finally(() => store.close());
  const { values, labels, weights } = windowRows(set, 'training');
  writeNpy(join(folder, 'features.npy'), values, [labels.length, set.inputs.length]);
  writeNpy(join(folder, 'labels.npy'), labels, [labels.length]);
  writeNpy(join(folder, 'weights.npy'), weights, [labels.length]);
  return labels.length;
}
