// services/retrainer/gates/better-or-newer.ts: better by the whole interval, or equal and made from newer data.
import { type PromotionGate, show } from './gate.ts';

export interface BetterPolicy {
  /** Whether a challenger that is merely not worse may replace an older champion. */
  readonly acceptsEqual: boolean;
  /** Average precision that may be lost at worst (lower end of the interval) to count as equal. */
  readonly equalMargin: number;
  /** How much later its data must end, days. A champion of unknown age is older. */
  readonly newerByDays: number;
}

export const defaultBetterPolicy: BetterPolicy = { acceptsEqual: true, equalMargin: 0.01, newerByDays: 1 };

const DAY_MS = 86_400_000;

export function createBetterOrNewerGate(policy: BetterPolicy = defaultBetterPolicy): PromotionGate {
  return {
    name: 'better-or-newer',
    judge: ({ comparison, trainedUntil }) => {
      const { difference, first, second } = comparison.averagePrecision;
      const isBetter = difference.lower > 0;
      const isEqual = difference.lower >= -policy.equalMargin;
      const youngerDays = trainedUntil.champion
        ? (Date.parse(trainedUntil.challenger) - Date.parse(trainedUntil.champion)) / DAY_MS
        : Number.POSITIVE_INFINITY;
      const passed = isBetter || (policy.acceptsEqual && isEqual && youngerDays >= policy.newerByDays);
      const interval = `${show(difference.value)} [${show(difference.lower)}, ${show(difference.upper)}]`;
      return {
        passed,
        sentence: `Average precision ${show(first.value)} against ${show(second.value)}, difference ${interval}.`,
        figures: {
          challenger: first.value,
          champion: second.value,
          difference: difference.value,
          lower: difference.lower,
          upper: difference.upper,
          ...(Number.isFinite(youngerDays) && { youngerDays }),
        },
      };
    },
  };
}
