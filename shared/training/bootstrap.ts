// shared/training/bootstrap.ts: READ FIRST: simulated portfolios and a pretrained encoder → a first champion: rows → heads → calibrators → thresholds → references → version.
import type { EncoderConfig } from '../encoder/definition.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { Calibrator } from '../head/calibrator.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import { chooseThresholds, defaultReviewBudget, type ReviewBudget } from '../head/thresholds.ts';
import type { CalibratorPoints, Thresholds } from '../registry/manifest.ts';
import type { TensorFlow } from './backend.ts';
import { calibrate, fitHeads, judgeHeads } from './bootstrap-heads.ts';
import type { BootstrapSizes } from './bootstrap-portfolios.ts';
import { collectRows, fillMixedTails, scoreDayZero } from './bootstrap-rows.ts';
import type { HeadDataset } from './head-dataset.ts';
import { type Judgement, judge, recallByTypology, scoreRows } from './judge-head.ts';

/** The encoder a champion is built on. */
export interface PretrainedEncoder {
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
  /** ONNX bytes. */
  readonly model: Uint8Array;
}

export interface BootstrapOptions {
  readonly tf: TensorFlow;
  readonly encoder: PretrainedEncoder;
  readonly sizes: BootstrapSizes;
  readonly budget?: ReviewBudget;
  /** Fit and judge a head for each ablation too; default true. */
  readonly withAblations?: boolean;
  /** Name of the stage and share done of it. */
  readonly onProgress?: (stage: string, share: number) => void;
}

/** Everything a version is assembled from (assemble-version.ts). */
export interface BootstrapResult {
  readonly encoder: PretrainedEncoder;
  readonly heads: { readonly full: HeadWeights; readonly featuresOnly: HeadWeights };
  readonly calibrators: Readonly<Record<'full' | 'featuresOnly' | 'rules', CalibratorPoints>>;
  readonly thresholds: Thresholds;
  readonly reference: PopulationReference;
  readonly report: BootstrapReport;
}

/** Size of one window; `fraudRate` is per transaction, thinning undone. */
export interface WindowFacts {
  readonly rows: number;
  readonly frauds: number;
  readonly fraudRate: number;
}

/** Figures of the model card. */
export interface BootstrapReport {
  readonly sizes: BootstrapSizes;
  readonly budget: ReviewBudget;
  readonly transactions: number;
  readonly windows: Readonly<Record<'training' | 'calibration' | 'heldOut', WindowFacts>>;
  /** On held-out portfolios, by what the head was given. */
  readonly heldOut: Readonly<Record<string, Judgement>>;
  readonly typologies: Readonly<Record<string, { frauds: number; found: number }>>;
  /** Share of held-out transactions at or above `reviewAbove`, and mean score against fraud rate. */
  readonly heldOutReviewShare: number;
  readonly heldOutMeanScore: number;
}

/** Runs all stages. Seeded; minutes on two cores. */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  const { encoder, sizes, budget = defaultReviewBudget } = options;
  const { rows, mixed, transactions } = await collectRows(options);
  const reference = fillMixedTails(mixed, rows.training, encoder.config);
  const heads = await fitHeads(options, rows.training);
  const calibrators = calibrate(heads, rows.calibration);
  const toScores = (dataset: HeadDataset) => {
    const calibrator = new Calibrator(calibrators.full);
    return Float64Array.from(scoreRows(heads.full, dataset), (rawScore) => calibrator.toScore(rawScore));
  };
  const thresholds = chooseThresholds(toScores(rows.calibration), rows.calibration.weights, budget);
  const heldOutScores = toScores(rows.heldOut);
  const report: BootstrapReport = {
    sizes,
    budget,
    transactions,
    windows: {
      training: describeWindow(rows.training),
      calibration: describeWindow(rows.calibration),
      heldOut: describeWindow(rows.heldOut),
    },
    heldOut: {
      ...(await judgeHeads(options, rows, heads)),
      'no label (day zero)': judge(
        scoreDayZero(rows.heldOut, reference, encoder.config),
        rows.heldOut,
        budget.reviewShare,
      ),
    },
    typologies: recallByTypology(heldOutScores, rows.heldOut, thresholds.reviewAbove),
    heldOutReviewShare: meanOf(
      heldOutScores.map((score) => (score >= thresholds.reviewAbove ? 1 : 0)),
      rows.heldOut,
    ),
    heldOutMeanScore: meanOf(heldOutScores, rows.heldOut),
  };
  return { encoder, heads, calibrators, thresholds, reference, report };
}

function describeWindow(dataset: HeadDataset): WindowFacts {
  return {
    rows: dataset.labels.length,
    frauds: dataset.labels.reduce((sum, label) => sum + label, 0),
    fraudRate: meanOf(dataset.labels, dataset),
  };
}

/** Mean over the transactions that the rows stand for. */
function meanOf(values: ArrayLike<number>, { weights }: HeadDataset): number {
  let sum = 0;
  let total = 0;
  weights.forEach((weight, row) => {
    sum += weight * (values[row] ?? 0);
    total += weight;
  });
  return sum / total;
}
