// shared/features/build-reference.ts: past traffic → population reference: medians, amount and hour distributions, typical card level; bounded memory.
import { isDecided, type Transaction } from '../domain/transaction.ts';
import { type CardSample, createCardSample } from './card-sample.ts';
import { createLogHistogram, type LogHistogram } from './log-histogram.ts';
import { AMOUNT_BINS, amountBinOf, HOUR_BINS, type PopulationReference } from './population-reference.ts';
import { billedAmount } from './reference-amount.ts';

/** Takes past traffic of one portfolio, in any order. Only decided transactions count. */
export interface ReferenceBuilder {
  add(transaction: Transaction): void;
  /** The reference of everything added so far; `tails` are empty: the day-0 score fills them. Without traffic: amounts taken as they are, everything equally likely. */
  build(): PopulationReference;
}

/** Pseudo-count per bin of the distributions: what was never seen stays possible. */
const SMOOTHING = 0.5;
/** A card's level is measured from this many amounts on. */
const FEWEST_AMOUNTS = 5;

const medianOf = (values: number[]): number => {
  values.sort((left, right) => left - right);
  return values[values.length >> 1] ?? Number.NaN;
};

function toLogProbabilities(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count + SMOOTHING, 0);
  return counts.map((count) => Math.log((count + SMOOTHING) / total));
}

/** Medians per currency; `*` is the median of the currency with most traffic. */
function measureMedians(histograms: ReadonlyMap<string, LogHistogram>): Record<string, number> {
  const medians: Record<string, number> = {};
  let most = 0;
  for (const [currency, histogram] of [...histograms].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (histogram.positive === 0) continue;
    medians[currency] = histogram.quantile(0.5);
    if (histogram.positive > most) {
      most = histogram.positive;
      medians['*'] = histogram.quantile(0.5);
    }
  }
  return { ...medians, '*': medians['*'] ?? 1 };
}

function measureAmounts(
  histograms: ReadonlyMap<string, LogHistogram>,
  medians: Readonly<Record<string, number>>,
): PopulationReference['amount'] {
  const bins = Array.from({ length: AMOUNT_BINS }, () => 0);
  const all = createLogHistogram();
  let [count, sum, squares, zeros] = [0, 0, 0, 0];
  for (const [currency, histogram] of histograms) {
    zeros += histogram.total - histogram.positive;
    const logMedian = Math.log(medians[currency] ?? 1);
    for (const [logAmount, seen] of histogram.entries()) {
      const relative = logAmount - logMedian;
      all.addMany(Math.exp(relative), seen);
      const bin = amountBinOf(Math.exp(relative));
      bins[bin] = (bins[bin] ?? 0) + seen;
      count += seen;
      sum += seen * relative;
      squares += seen * relative * relative;
    }
  }
  bins[0] = (bins[0] ?? 0) + zeros;
  const mean = count === 0 ? 0 : sum / count;
  return {
    quantile95: count === 0 ? 1.645 : Math.log(all.quantile(0.95)),
    quantile99: count === 0 ? 2.326 : Math.log(all.quantile(0.99)),
    mean,
    standardDeviation: count === 0 ? 1 : Math.sqrt(Math.max(0, squares / count - mean * mean)),
    binLogProbabilities: toLogProbabilities(bins),
  };
}

/** Median over cards of their mean and standard deviation, amounts above three medians left out as in `measureCardLevel`. */
function measureCards(
  sample: CardSample,
  medians: Readonly<Record<string, number>>,
): PopulationReference['cardLevel'] {
  const means: number[] = [];
  const deviations: number[] = [];
  for (const { amounts, currencies } of sample.cards()) {
    if (amounts.length < FEWEST_AMOUNTS) continue;
    const inUnits = amounts.map((amount, at) => amount / (medians[currencies[at] ?? ''] ?? 1));
    const limit = 3 * medianOf([...inUnits]);
    const kept = inUnits.filter((amount) => amount <= limit);
    const mean = kept.reduce((sum, amount) => sum + amount, 0) / kept.length;
    means.push(mean);
    deviations.push(Math.sqrt(kept.reduce((sum, amount) => sum + (amount - mean) ** 2, 0) / kept.length));
  }
  if (means.length === 0) return { mean: 1, standardDeviation: 1 };
  return { mean: medianOf(means), standardDeviation: medianOf(deviations) };
}

/** @param portfolioId whose traffic it is */
export function createReferenceBuilder(portfolioId: string): ReferenceBuilder {
  const histograms = new Map<string, LogHistogram>();
  const sample = createCardSample();
  const hours = Array.from({ length: HOUR_BINS }, () => 0);
  let [transactions, firstMs, lastMs] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  return {
    add(transaction) {
      if (!isDecided(transaction)) return;
      const { major, currency } = billedAmount(transaction);
      let histogram = histograms.get(currency);
      if (histogram === undefined) {
        histogram = createLogHistogram();
        histograms.set(currency, histogram);
      }
      histogram.add(major);
      sample.add(transaction.cardToken, major, currency);
      const timeMs = Date.parse(transaction.eventTime);
      const hour = Math.floor(timeMs / 3_600_000) % HOUR_BINS;
      hours[hour] = (hours[hour] ?? 0) + 1;
      firstMs = Math.min(firstMs, timeMs);
      lastMs = Math.max(lastMs, timeMs);
      transactions++;
    },
    build() {
      const medians = measureMedians(histograms);
      const toTime = (ms: number) => new Date(Number.isFinite(ms) ? ms : 0).toISOString();
      return {
        portfolioId,
        madeFrom: { firstEventTime: toTime(firstMs), lastEventTime: toTime(lastMs), transactions },
        currencyMedians: medians,
        amount: measureAmounts(histograms, medians),
        cardLevel: measureCards(sample, medians),
        hourLogProbabilities: toLogProbabilities(hours),
        tails: {},
      };
    },
  };
}
