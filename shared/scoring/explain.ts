// shared/scoring/explain.ts: at most four reasons in bits, strongest first, from how rare what was seen is in past traffic.
import type { Reason, SurpriseField } from '../domain/decision.ts';
import { surpriseFields } from '../domain/decision.ts';
import { type ReasonCode, reasonCodes, reasonSentences } from '../domain/reason-code.ts';
import { readingLayout } from '../encoder/readings.ts';
import type { Statistic, tailFeatures } from '../head/statistics.ts';
import type { Manifest } from '../registry/manifest.ts';

const reasonOfReading: Readonly<Record<string, ReasonCode>> = {
  'surprise-gap': 'TIMING_UNUSUAL',
  'surprise-hour': 'HOUR_UNUSUAL',
  'surprise-category': 'CATEGORY_UNUSUAL',
  'surprise-amount': 'AMOUNT_UNUSUAL_FOR_CARD',
  'surprise-entryMode': 'ENTRY_MODE_UNUSUAL',
  'surprise-sameMerchant': 'MERCHANT_UNUSUAL',
  'surprise-mean-total-0.9': 'RECENT_BEHAVIOUR_UNUSUAL',
  'forecast-log-p-above-q95': 'BURST_EXPECTED',
};

const reasonOfFeature: Readonly<Record<keyof typeof tailFeatures, ReasonCode>> = {
  amountLog: 'AMOUNT_HIGH_FOR_PORTFOLIO',
  levelDifference: 'AMOUNT_UNUSUAL_FOR_CARD',
  levelZ: 'AMOUNT_UNUSUAL_FOR_CARD',
  burstCountLong: 'SPENDING_BURST',
  burstLargestShort: 'SPENDING_BURST',
  cardPaceRatio: 'VELOCITY_HIGH',
  cardCountTenMinutes: 'VELOCITY_HIGH',
  cardCountHour: 'VELOCITY_HIGH',
  cardCountries: 'COUNTRY_UNUSUAL',
  abroad: 'COUNTRY_UNUSUAL',
  cardKnownFrauds: 'CARD_RECENT_FRAUD',
  merchantKnownFrauds: 'MERCHANT_RECENT_FRAUD',
  merchantRunLength: 'MERCHANT_RECENT_FRAUD',
  cardHistory: 'NEW_CARD',
};

const reasonOfStatistic: ReadonlyMap<string, ReasonCode> = new Map([
  ...Object.entries(reasonOfReading),
  ...Object.entries(reasonOfFeature).map(([name, code]): [string, ReasonCode] => [`feature-${name}`, code]),
]);

/** Most bits of a reason that is context rather than cause: a store that starts empty sees only new cards. */
const mostBits: Readonly<Partial<Record<ReasonCode, number>>> = { NEW_CARD: 4 };

/** Places kept of a contribution, in bits. */
const BITS_UNIT = 1000;

/** Reasons from the bits of all statistics (head/statistics.ts). */
export type Explain = (bits: ArrayLike<number>) => Reason[];

/**
 * A reason is as strong as the rarest statistic behind it: −log₂ of the share of past traffic at least as unusual.
 * Equal strengths keep the order of `reasonCodes`, so the same bits always give the same reasons.
 */
export function createExplain(
  statistics: readonly Statistic[],
  { minimumBits, maximumReasons }: Manifest['explanation'],
): Explain {
  const sources = statistics.flatMap(({ name }, index) => {
    const code = reasonOfStatistic.get(name);
    if (code === undefined) return [];
    return [{ index, code: reasonCodes.indexOf(code), most: mostBits[code] ?? Number.POSITIVE_INFINITY }];
  });
  const strengths = new Float64Array(reasonCodes.length);
  return (bits) => {
    strengths.fill(0);
    for (const { index, code, most } of sources) {
      strengths[code] = Math.max(strengths[code] ?? 0, Math.min(most, bits[index] ?? 0));
    }
    const reasons: Reason[] = [];
    while (reasons.length < maximumReasons) {
      const strongest = indexOfLargest(strengths);
      const strength = strengths[strongest] ?? 0;
      const code = reasonCodes[strongest];
      if (code === undefined || strength < minimumBits || strength <= 0) break;
      const contribution = Math.round(strength * BITS_UNIT) / BITS_UNIT;
      reasons.push({ code, contribution, sentence: reasonSentences[code] });
      strengths[strongest] = 0;
    }
    return reasons;
  };
}

function indexOfLargest(values: Float64Array): number {
  let largest = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[largest] ?? 0)) largest = index;
  }
  return largest;
}

/** Bits of surprise per field of the transaction itself; a field that was missing (exactly 0 bits) is absent. */
export function toFieldSurprises(
  readings: Float32Array,
  config: { readonly width: number },
): Partial<Record<SurpriseField, number>> {
  const { surprises } = readingLayout(config);
  const found: Partial<Record<SurpriseField, number>> = {};
  for (let field = 0; field < surpriseFields.length; field++) {
    const name = surpriseFields[field];
    const bits = readings[surprises + field] ?? 0;
    if (name !== undefined && bits !== 0) found[name] = Math.round(bits * BITS_UNIT) / BITS_UNIT;
  }
  return found;
}
