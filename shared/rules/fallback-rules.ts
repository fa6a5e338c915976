// shared/rules/fallback-rules.ts: the lowest rung: a raw score from a handful of rules on features, for when no head can answer.
import { featureNames } from '../features/velocity.ts';

/** One rule: adds `points` in proportion to how far a feature lies above `from`, at most whole at `to`. No step in between. */
interface Rule {
  readonly feature: string;
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

/** Features are on the scales of shared/features: log ratios, ln(1 + count). Points are in units of logits, set by judgement; the calibrator gives them their meaning. */
const rules: readonly Rule[] = [
  { feature: 'levelDifference', from: 1, to: 3, points: 2 },
  { feature: 'amountLog', from: 1, to: 4, points: 1 },
  { feature: 'burstCountLong', from: 0.5, to: 2, points: 1 },
  { feature: 'cardCountTenMinutes', from: 1, to: 2.2, points: 1 },
  { feature: 'cardCountHour', from: 1.3, to: 2.5, points: 1 },
  { feature: 'newMerchant', from: 0.5, to: 1, points: 0.5 },
  { feature: 'abroad', from: 0.5, to: 1, points: 0.5 },
  { feature: 'newDevice', from: 0.5, to: 1, points: 1 },
  { feature: 'failedChecks', from: 0, to: 1, points: 1.5 },
  { feature: 'merchantRunLength', from: 0, to: 1.4, points: 2 },
  { feature: 'cardKnownFrauds', from: 0, to: 1.4, points: 2 },
];

const indexed = rules.map((rule) => ({ ...rule, index: featureNames.indexOf(rule.feature) }));

/** Names of the features that the rules read. */
export const ruleFeatures: readonly string[] = rules.map(({ feature }) => feature);

/** Sum of the rules' points; higher = riskier. Uncalibrated. A feature that is no number gives none: always finite. */
export function scoreByRules(features: Float32Array): number {
  let sum = 0;
  for (const { index, from, to, points } of indexed) {
    const value = features[index] ?? from;
    const share = ((Number.isNaN(value) ? from : value) - from) / (to - from);
    sum += points * Math.max(0, Math.min(1, share));
  }
  return sum;
}
