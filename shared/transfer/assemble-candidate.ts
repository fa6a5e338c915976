// shared/transfer/assemble-candidate.ts: heads of a transfer → calibrated model version that the scorer loads.
import { defaultFeatureSettings } from '../features/feature-settings.ts';
import { Calibrator } from '../head/calibrator.ts';
import { chooseThresholds, defaultReviewBudget } from '../head/thresholds.ts';
import { type AssembledVersion, assembleParts } from '../training/assemble-version.ts';
import { calibrate } from '../training/bootstrap-heads.ts';
import { fillMixedTails } from '../training/bootstrap-rows.ts';
import { scoreRows } from '../training/judge-head.ts';
import type { Variants } from './fit-variants.ts';
import type { TransferConfig } from './transfer-config.ts';
import type { BuiltEncoder, WindowInputs } from './transfer-inputs.ts';
import type { TransferRows } from './transfer-rows.ts';

export interface CandidateParts {
  readonly config: TransferConfig;
  readonly rows: TransferRows;
  readonly encoder: BuiltEncoder;
  readonly inputs: WindowInputs;
  readonly variants: Variants;
  readonly createdAt: string;
  /** Figures of the run, as JSON. */
  readonly report: unknown;
  /** A few lines of the model card. */
  readonly summary: readonly string[];
}

export interface Candidate extends AssembledVersion {
  /** Raw score → score of the full tier. */
  readonly calibrator: Calibrator;
}

/** Calibrated on the calibration window, references with tails made again from the training window. */
export function assembleCandidate(parts: CandidateParts): Candidate {
  const { config, rows, encoder, inputs, variants } = parts;
  const { full, featuresOnly } = variants;
  const reference = fillMixedTails(rows.reference, inputs.training, encoder.config);
  const calibrators = calibrate({ full, featuresOnly }, inputs.calibration);
  const calibrator = new Calibrator(calibrators.full);
  const scores = Float64Array.from(scoreRows(full, inputs.calibration), (raw) => calibrator.toScore(raw));
  const assembled = assembleParts(
    {
      kind: 'transfer',
      encoder,
      heads: { full, featuresOnly },
      calibrators,
      thresholds: chooseThresholds(scores, inputs.calibration.weights, defaultReviewBudget),
      references: { '*': { ...reference, portfolioId: '*' }, [rows.portfolioId]: reference },
      featureSettings: defaultFeatureSettings,
      report: parts.report,
      writeCard: (modelVersion) => writeCard(modelVersion, parts, config),
    },
    parts.createdAt,
  );
  return { ...assembled, calibrator };
}

function writeCard(
  modelVersion: string,
  { summary, createdAt, encoder }: CandidateParts,
  config: TransferConfig,
): string {
  return `# ${modelVersion}

Made ${createdAt.slice(0, 10)} by \`fraudctl transfer --technique ${config.technique}\` from encoder ${config.encoder}; encoder now ${encoder.encoderVersion}.

${summary.map((line) => `- ${line}`).join('\n')}

## Limits

- Judged on one later window of one portfolio. Scores are probabilities at the fraud rate of its calibration window.
- No input identifies a person; names, sex, age and nationality are never inputs.
`;
}
