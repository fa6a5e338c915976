// shared/features/card-features.ts: the card's pace and level over days: counts and means per window, bursts of unusual amounts, known frauds.
import { BURST_SCALE, EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';
import { isSpend } from './codes.ts';
import { type FeatureInput, type FeatureSection, NEVER_DAYS, scaleCount } from './feature-input.ts';
import { AMOUNT_FLOOR, logRatio } from './reference-amount.ts';
import { DAY_MS, isFraudKnown, NO_TOTALS, totalsUntil, type WindowTotals } from './window-totals.ts';

/** Mean amount, in reference units, added to both sides where sums of windows are compared. */
const SUM_FLOOR = 0.2;

/** ln of the mean amount of a window and the transaction together. */
const meanLog = ({ sum, count }: WindowTotals, amount: number): number =>
  Math.log(Math.max(0, sum + amount) / (count + 1) + AMOUNT_FLOOR);

function measurePace({ own, timeMs, card, settings }: FeatureInput): readonly number[] {
  const [shortDays, , longDays] = settings.windowsDays;
  const query = { toMs: timeMs, windowsDays: settings.windowsDays, countsFrauds: false };
  const [short = NO_TOTALS, middle = NO_TOTALS, long = NO_TOTALS] = totalsUntil(card, query);
  const amount = own.getFloat32(20, true);
  const share = shortDays / longDays;
  return [
    scaleCount(short.count + 1),
    scaleCount(middle.count + 1),
    scaleCount(long.count + 1),
    meanLog(short, amount),
    meanLog(middle, amount),
    meanLog(long, amount),
    long.count < 1 ? 0 : logRatio(amount, Math.max(0, long.sum) / long.count),
    Math.log((short.count + 2) / (long.count * share + 2)),
    Math.log(
      (Math.max(0, short.sum) + amount + SUM_FLOOR) / (Math.max(0, long.sum) * share + amount + SUM_FLOOR),
    ),
  ];
}

/** Counts and means include the transaction itself (as published); the ratios compare it, or the short window, with what came before. */
export const cardPaceSection: FeatureSection = {
  names: [
    'cardCountShort',
    'cardCountMiddle',
    'cardCountLong',
    'cardMeanShort',
    'cardMeanMiddle',
    'cardMeanLong',
    'cardMeanRatio',
    'cardPaceRatio',
    'cardSumRatio',
  ],
  measure: measurePace,
};

function measureBursts({ own, timeMs, level, card, settings }: FeatureInput): readonly number[] {
  const [shortDays, longDays] = settings.burstDays;
  const middleMs = settings.windowsDays[1] * DAY_MS;
  const { view, firstByte } = card;
  let [shortBursts, longBursts, shortLargest, middleLargest, longLargest] = [0, 0, 0, 0, 0];
  for (let at = firstByte + (card.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const ageMs = timeMs - readTimeMs(view, at);
    if (ageMs >= longDays * DAY_MS) break;
    if (!isSpend(view.getUint8(at + 6))) continue;
    const ratio = view.getUint16(at + 44, true) / BURST_SCALE;
    const isBurst = ratio > settings.burstRatio;
    longLargest = Math.max(longLargest, ratio);
    if (isBurst) longBursts++;
    if (ageMs < middleMs) middleLargest = Math.max(middleLargest, ratio);
    if (ageMs >= shortDays * DAY_MS) continue;
    shortLargest = Math.max(shortLargest, ratio);
    if (isBurst) shortBursts++;
  }
  return [
    scaleCount(shortBursts),
    scaleCount(longBursts),
    scaleCount(shortLargest),
    scaleCount(middleLargest),
    scaleCount(longLargest),
    level.spread,
    level.largest === 0 ? 0 : logRatio(own.getFloat32(20, true), level.largest),
    scaleCount(level.count),
    Number.isNaN(card.firstSeenMs) ? 0 : scaleCount((timeMs - card.firstSeenMs) / DAY_MS),
  ];
}

/** Bursts: earlier events above `burstRatio` times the card's level at their time; largest such ratio. Largest ratio 0: no history. */
export const cardBurstSection: FeatureSection = {
  names: [
    'burstCountShort',
    'burstCountLong',
    'burstLargestShort',
    'burstLargestMiddle',
    'burstLargestLong',
    'cardSpread',
    'cardLargestRatio',
    'cardHistory',
    'cardAge',
  ],
  measure: measureBursts,
};

/** Count of known frauds in the kept day buckets, and days since the last known one in the ring. */
function measureKnownFrauds({ timeMs, card }: FeatureInput): readonly number[] {
  const { view, firstByte, buckets } = card;
  let frauds = 0;
  let sinceDays = NEVER_DAYS;
  for (let at = firstByte + (card.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    if (!isFraudKnown(view, at, timeMs)) continue;
    if (frauds === 0) sinceDays = Math.min(NEVER_DAYS, (timeMs - readTimeMs(view, at)) / DAY_MS);
    frauds++;
  }
  let inBuckets = 0;
  for (let index = 0; index < buckets.count; index++) {
    const known = buckets.fraudKnownBy(index, timeMs);
    inBuckets += known;
    if (known > 0 && frauds === 0)
      sinceDays = Math.min(sinceDays, timeMs / DAY_MS - buckets.dayOf(index) - 0.5);
  }
  return [scaleCount(Math.max(frauds, inBuckets)), scaleCount(Math.max(0, sinceDays))];
}

/** Never: 0 frauds, NEVER_DAYS days. */
export const cardFraudSection: FeatureSection = {
  names: ['cardKnownFrauds', 'cardDaysSinceFraud'],
  measure: measureKnownFrauds,
};
