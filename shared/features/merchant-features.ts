// shared/features/merchant-features.ts: the merchant's (or terminal's) pace, its label-delayed risk, and its run of known frauds.
import { BURST_SCALE, EVENT_BYTES, LABELS, readTimeMs } from '../sequence/packed-event.ts';
import { isSpend } from './codes.ts';
import { type FeatureInput, type FeatureSection, NEVER_DAYS, scaleCount } from './feature-input.ts';
import { logRatio } from './reference-amount.ts';
import { DAY_MS, HOUR_MS, isFraudKnown, NO_TOTALS, totalsUntil } from './window-totals.ts';

function measureRisk({ timeMs, merchant, settings }: FeatureInput): readonly number[] {
  const endMs = timeMs - settings.maturityDays * DAY_MS;
  const query = { toMs: endMs, windowsDays: settings.windowsDays, countsFrauds: true };
  const windows = totalsUntil(merchant, query);
  return [
    ...windows.map(({ count }) => scaleCount(count)),
    ...windows.map(({ count, frauds }) => (count > 0 ? Math.min(1, frauds / count) : 0)),
  ];
}

/** Windows that end `maturityDays` before the transaction: count, and share of known frauds (0 when nothing happened). */
export const merchantRiskSection: FeatureSection = {
  names: [
    'merchantCountShort',
    'merchantCountMiddle',
    'merchantCountLong',
    'merchantRiskShort',
    'merchantRiskMiddle',
    'merchantRiskLong',
  ],
  measure: measureRisk,
};

/** Known genuine: said to be, or old enough while no fraud is known. */
function isGenuineKnown(view: DataView, at: number, { timeMs, settings }: FeatureInput): boolean {
  const eventMs = readTimeMs(view, at);
  if (eventMs <= timeMs - settings.maturityDays * DAY_MS) return true;
  return (
    view.getUint8(at + 40) === LABELS.genuine && eventMs + view.getUint16(at + 42, true) * HOUR_MS <= timeMs
  );
}

function isUnexplained(view: DataView, at: number, { settings }: FeatureInput): boolean {
  return (
    view.getUint16(at + 44, true) / BURST_SCALE < settings.unexplainedRatio &&
    view.getFloat32(at + 20, true) < settings.unexplainedAmount
  );
}

/** Follows the merchant's known events from the newest back, while they are frauds. */
function measureRun(input: FeatureInput): readonly number[] {
  const { timeMs, merchant, settings } = input;
  const { view, firstByte } = merchant;
  let [length, unexplained, beganMs, genuineDays] = [0, 0, timeMs, NEVER_DAYS];
  for (let at = firstByte + (merchant.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const eventMs = readTimeMs(view, at);
    if (timeMs - eventMs > settings.runDays * DAY_MS) break;
    if (!isSpend(view.getUint8(at + 6))) continue;
    if (isFraudKnown(view, at, timeMs)) {
      length++;
      beganMs = eventMs;
      if (isUnexplained(view, at, input)) unexplained++;
    } else if (isGenuineKnown(view, at, input)) {
      genuineDays = (timeMs - eventMs) / DAY_MS;
      break;
    }
  }
  const query = { toMs: timeMs, windowsDays: [settings.runDays], countsFrauds: true };
  const [all = NO_TOTALS] = totalsUntil(merchant, query);
  return [
    scaleCount(length),
    scaleCount((timeMs - beganMs) / DAY_MS),
    scaleCount(genuineDays),
    scaleCount(unexplained),
    scaleCount(all.frauds),
  ];
}

/**
 * Run: the unbroken sequence of frauds at the end of the merchant's known events. Days since it began (0: no run),
 * days since the last known genuine event (NEVER_DAYS: none within `runDays`), how many of its frauds their cards
 * do not explain, and all frauds known within `runDays`.
 */
export const merchantRunSection: FeatureSection = {
  names: [
    'merchantRunLength',
    'merchantRunDays',
    'merchantDaysSinceGenuine',
    'merchantRunUnexplained',
    'merchantKnownFrauds',
  ],
  measure: measureRun,
};

function measureActivity({ own, timeMs, merchant, settings }: FeatureInput): readonly number[] {
  const { view, firstByte } = merchant;
  const [, middleDays] = settings.windowsDays;
  const query = { toMs: timeMs, windowsDays: settings.windowsDays, countsFrauds: false };
  const [short = NO_TOTALS, , long = NO_TOTALS] = totalsUntil(merchant, query);
  let [seen, bursts, hour, smallHour] = [0, 0, 0, 0];
  for (let at = firstByte + (merchant.count - 1) * EVENT_BYTES; at >= firstByte; at -= EVENT_BYTES) {
    const ageMs = timeMs - readTimeMs(view, at);
    if (ageMs > middleDays * DAY_MS) break;
    if (!isSpend(view.getUint8(at + 6))) continue;
    seen++;
    if (view.getUint16(at + 44, true) / BURST_SCALE > settings.burstRatio) bursts++;
    if (ageMs > HOUR_MS) continue;
    hour++;
    if (view.getFloat32(at + 20, true) < settings.smallAmount) smallHour++;
  }
  const amount = own.getFloat32(20, true);
  return [
    scaleCount(hour),
    scaleCount(smallHour),
    scaleCount(short.count),
    long.count < 1 ? 0 : logRatio(amount, Math.max(0, long.sum) / long.count),
    bursts / (seen + 2),
    Number.isNaN(merchant.firstSeenMs) ? 0 : scaleCount((timeMs - merchant.firstSeenMs) / DAY_MS),
  ];
}

/** Before the transaction, labels apart: pace of the last hour and short window, amount against the merchant's mean, share of its events unusual for their cards (middle window, + 2 usual ones), age. */
export const merchantActivitySection: FeatureSection = {
  names: [
    'merchantCountHour',
    'merchantSmallHour',
    'merchantCountRecent',
    'merchantAmountRatio',
    'merchantBurstShare',
    'merchantAge',
  ],
  measure: measureActivity,
};
