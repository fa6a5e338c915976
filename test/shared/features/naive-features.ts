// test/shared/features/naive-features.ts: a few features recomputed straightforwardly from the list of what happened before.
import { categoryOf } from '../../../shared/features/codes.ts';
import { DAY_MS, type HistoryLine, reference } from './histories.ts';

const FLOOR = 0.02;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

export const amountOf = ({ transaction }: HistoryLine): number => {
  const { amountMinor, currency } = transaction;
  const major = currency === 'JPY' ? amountMinor : amountMinor / 100;
  return Math.fround(major / (reference.currencyMedians[currency] ?? reference.currencyMedians['*'] ?? 1));
};
const isSpend = ({ transaction }: HistoryLine) => transaction.type !== 'refund';
const categoryOfLine = ({ transaction }: HistoryLine): number => {
  const byCode = categoryOf(transaction.merchant?.mcc);
  if (byCode !== 0 || (transaction.type !== 'transfer' && transaction.entryMode !== 'atm')) return byCode;
  return transaction.type === 'transfer' ? 25 : 23;
};
const isKnownFraud = (line: HistoryLine, atMs: number): boolean => {
  if (line.outcome === undefined) return false;
  // The label's delay is stored in whole hours, rounded up.
  const delayHours = Math.ceil((Date.parse(line.outcome.labeledAt) - line.timeMs) / 3_600_000);
  return line.timeMs + delayHours * 3_600_000 <= atMs;
};

/** Robust level of the amounts: without those above 3 medians + floor, shrunk with w = n / (n + 2). */
function levelOf(amounts: readonly number[]): { mean: number; sd: number } {
  const population = reference.cardLevel;
  if (amounts.length === 0) return { mean: population.mean, sd: population.standardDeviation };
  const sorted = [...amounts].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  const kept = amounts.filter((amount) => amount <= 3 * median + FLOOR);
  const own = mean(kept);
  const sd = Math.sqrt(mean(kept.map((amount) => (amount - own) ** 2)));
  const weight = kept.length / (kept.length + 2);
  return {
    mean: weight * own + (1 - weight) * population.mean,
    sd: weight * sd + (1 - weight) * population.standardDeviation,
  };
}

const ratioOf = (line: HistoryLine, before: readonly HistoryLine[]): number => {
  const level = levelOf(before.filter(isSpend).map(amountOf));
  // Stored in steps of 1/64.
  return Math.round((64 * amountOf(line)) / (level.mean + FLOOR)) / 64;
};

/** Expected features of `asked` by name, from `lines` strictly before it. */
export function naiveFeatures(asked: HistoryLine, lines: readonly HistoryLine[]): Record<string, number> {
  const now = asked.timeMs;
  const earlier = lines.filter(({ timeMs }) => timeMs < now);
  const card = earlier.filter(({ transaction }) => transaction.cardToken === asked.transaction.cardToken);
  const merchantId = asked.transaction.merchant?.id;
  const merchant = earlier.filter(
    ({ transaction }) => merchantId !== undefined && transaction.merchant?.id === merchantId,
  );
  const spent = card.filter(isSpend);
  const within = (all: readonly HistoryLine[], days: number) =>
    all.filter(({ timeMs }) => timeMs > now - days * DAY_MS);
  const level = levelOf(spent.map(amountOf));
  const amount = amountOf(asked);
  const features: Record<string, number> = {
    amountLog: Math.log(amount + FLOOR),
    levelDifference: Math.log((amount + FLOOR) / (level.mean + FLOOR)),
  };
  const z = (amount - level.mean) / (level.sd + FLOOR);
  features.levelZ = Math.sign(z) * Math.log1p(Math.min(32, Math.abs(z)));
  for (const [name, days] of [
    ['Short', 1],
    ['Middle', 7],
    ['Long', 30],
  ] as const) {
    features[`cardCount${name}`] = Math.log1p(within(spent, days).length + 1);
    const end = now - 7 * DAY_MS;
    const risky = merchant
      .filter(isSpend)
      .filter(({ timeMs }) => timeMs > end - days * DAY_MS && timeMs <= end);
    const frauds = risky.filter((line) => isKnownFraud(line, now)).length;
    features[`merchantCount${name}`] = Math.log1p(risky.length);
    features[`merchantRisk${name}`] = risky.length === 0 ? 0 : frauds / risky.length;
    const back = sum(
      within(
        card.filter((line) => !isSpend(line)),
        days,
      ).map(amountOf),
    );
    const total = sum(within(spent, days).map(amountOf)) - back + amount;
    features[`cardMean${name}`] = Math.log(Math.max(0, total) / (within(spent, days).length + 1) + FLOOR);
  }
  const ratios = within(spent, 14).map((line) =>
    ratioOf(
      line,
      card.filter(({ timeMs }) => timeMs < line.timeMs),
    ),
  );
  features.burstCountLong = Math.log1p(ratios.filter((ratio) => ratio > 2.5).length);
  features.burstLargestLong = Math.log1p(Math.max(0, ...ratios));
  Object.assign(features, naiveRun(merchant.filter(isSpend), now));
  const labelled = card.filter((line) => isKnownFraud(line, now));
  const lastFraud = labelled.at(-1);
  features.cardDaysSinceFraud = Math.log1p(lastFraud === undefined ? 99 : (now - lastFraud.timeMs) / DAY_MS);
  const category = categoryOfLine(asked);
  const sameCategory = card.filter((line) => category !== 0 && categoryOfLine(line) === category).at(-1);
  const gap = sameCategory && Math.log1p((now - sameCategory.timeMs) / 1000);
  features.categoryGap = gap === undefined ? 1.5 : (gap - 9) / 4;
  return features;
}

/** Trailing run of known frauds among the merchant's known events of 35 days. */
function naiveRun(merchant: readonly HistoryLine[], now: number): Record<string, number> {
  const known = merchant
    .filter(({ timeMs }) => timeMs >= now - 35 * DAY_MS)
    .filter((line) => isKnownFraud(line, now) || line.timeMs <= now - 7 * DAY_MS);
  const lastGenuine = known.findLastIndex((line) => !isKnownFraud(line, now));
  const run = known.slice(lastGenuine + 1);
  const genuine = known[lastGenuine];
  return {
    merchantRunLength: Math.log1p(run.length),
    merchantRunDays: Math.log1p(run[0] === undefined ? 0 : (now - run[0].timeMs) / DAY_MS),
    merchantDaysSinceGenuine: Math.log1p(genuine === undefined ? 99 : (now - genuine.timeMs) / DAY_MS),
  };
}
