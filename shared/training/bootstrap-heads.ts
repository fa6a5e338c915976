// shared/training/bootstrap-heads.ts: fits, calibrates and judges the heads of a bootstrap, with ablations.
import { featureNames } from '../features/velocity.ts';
import { fitCalibrator } from '../head/calibrator.ts';
import { selectColumns } from '../head/fit-head.ts';
import { featuresOnlyInputs } from '../head/head-inputs.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import type { CalibratorPoints } from '../registry/manifest.ts';
import { scoreByRules } from '../rules/fallback-rules.ts';
import type { BootstrapOptions } from './bootstrap.ts';
import type { BootstrapRows } from './bootstrap-rows.ts';
import { fitMlpHead } from './fit-mlp.ts';
import type { HeadDataset } from './head-dataset.ts';
import { type Judgement, judge, scoreRows } from './judge-head.ts';

export interface FittedHeads {
  readonly full: HeadWeights;
  readonly featuresOnly: HeadWeights;
}

const isFeature = (name: string): boolean => featuresOnlyInputs.includes(name);
const isReading = (name: string): boolean => !isFeature(name);

/** What a head is given, beside the two that ship: published with every model. */
const ablations: Readonly<Record<string, (name: string) => boolean>> = {
  'readings only': isReading,
  'without embedding': (name) => !name.startsWith('embedding-'),
  'without forecasts': (name) => !name.startsWith('forecast-'),
  'without surprises': (name) => !name.startsWith('surprise-'),
};

/** A little smaller than the full head: it must run in plain arithmetic, about 20 µs a row. */
const FEATURES_ONLY_HIDDEN = [96, 48] as const;

/**
 * Settings of every head, found on held-out portfolios. Dropout of inputs and ten epochs gained most. The divergences compare a
 * forecast with the population reference, so they mean something else in every portfolio: left out (times 0), average precision on
 * portfolios never seen rose from .42 to .46.
 */
const headSettings = {
  epochs: 10,
  inputDropout: 0.3,
  emphasis: { 'forecast-amount-divergence': 0, 'forecast-hour-divergence': 0 },
} as const;

/** Both heads that ship. */
export async function fitHeads(options: BootstrapOptions, training: HeadDataset): Promise<FittedHeads> {
  const { tf, sizes, onProgress } = options;
  const full = await fitMlpHead(tf, training, {
    ...headSettings,
    seed: sizes.seed,
    onProgress: (share) => onProgress?.('full head', share),
  });
  const featuresOnly = await fitMlpHead(tf, selectColumns(training, isFeature), {
    ...headSettings,
    seed: sizes.seed + 1,
    hidden: FEATURES_ONLY_HIDDEN,
    onProgress: (share) => onProgress?.('features-only head', share),
  });
  return { full, featuresOnly };
}

/** Raw scores of the lowest tier. */
function scoreRules({ inputs, values, labels }: HeadDataset): Float32Array {
  const first = inputs.indexOf(`feature-${featureNames[0]}`);
  return Float32Array.from({ length: labels.length }, (_, row) => {
    const start = row * inputs.length + first;
    return scoreByRules(values.subarray(start, start + featureNames.length));
  });
}

/** Every rung of the ladder is calibrated on its own, on days after the training window. */
export function calibrate(
  heads: FittedHeads,
  calibration: HeadDataset,
): Record<'full' | 'featuresOnly' | 'rules', CalibratorPoints> {
  const calibrateOn = (rawScores: ArrayLike<number>) =>
    fitCalibrator({ rawScores, labels: calibration.labels, weights: calibration.weights });
  return {
    full: calibrateOn(scoreRows(heads.full, calibration)),
    featuresOnly: calibrateOn(scoreRows(heads.featuresOnly, calibration)),
    rules: calibrateOn(scoreRules(calibration)),
  };
}

/** Every tier and every ablation on the held-out portfolios. */
export async function judgeHeads(
  { tf, sizes, budget, onProgress, withAblations = true }: BootstrapOptions,
  rows: BootstrapRows,
  heads: FittedHeads,
): Promise<Record<string, Judgement>> {
  const share = budget?.reviewShare ?? 0.005;
  const onHeldOut = (scores: ArrayLike<number>) => judge(scores, rows.heldOut, share);
  const judgements: Record<string, Judgement> = {
    all: onHeldOut(scoreRows(heads.full, rows.heldOut)),
    'features only': onHeldOut(scoreRows(heads.featuresOnly, rows.heldOut)),
    rules: onHeldOut(scoreRules(rows.heldOut)),
  };
  if (!withAblations) return judgements;
  for (const [name, isWanted] of Object.entries(ablations)) {
    const head = await fitMlpHead(tf, selectColumns(rows.training, isWanted), {
      ...headSettings,
      seed: sizes.seed,
      onProgress: (done) => onProgress?.(name, done),
    });
    judgements[name] = onHeldOut(scoreRows(head, rows.heldOut));
  }
  return judgements;
}
