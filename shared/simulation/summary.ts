// shared/simulation/summary.ts: what was told, counted on the way: types, typologies, outcomes, and histograms for a picture.
import { isDecided, type Transaction } from '../domain/transaction.ts';
import { categories } from './categories.ts';
import { countries } from './countries.ts';
import type { SimulatedRecord, SimulatedTransaction } from './simulated-record.ts';

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

export interface SimulationSummary {
  readonly transactions: number;
  readonly decided: number;
  readonly frauds: number;
  /** Frauds per decided transaction. */
  readonly fraudRate: number;
  readonly portfolios: number;
  readonly byType: Counts;
  readonly byTypology: Counts;
  readonly outcomes: Counts;
  readonly firstEventTime: string;
  readonly lastEventTime: string;
}

/** Decided transactions by one property, genuine and fraud apart. */
export interface Histogram {
  readonly genuine: Counts;
  readonly fraud: Counts;
}

export interface SimulationCounts {
  readonly summary: SimulationSummary;
  /** Keys: ln(euro) in steps of .5, hour of day in the merchant's country, name of the category. */
  readonly amounts: Histogram;
  readonly hours: Histogram;
  readonly categories: Histogram;
}

export interface SimulationCounter {
  add(record: SimulatedRecord): void;
  read(): SimulationCounts;
}

const minorPerEuro = new Map(countries.map((country) => [country.currency, country.minorPerEuro]));
const offsets = new Map(countries.map((country) => [country.code, country.utcOffsetHours]));
const categoryNames = new Map(categories.map((category) => [category.mcc, category.name]));
/** Width of an amount's step in ln. */
export const AMOUNT_STEP = 0.5;

/** Amount in euro, at the simulation's fixed rates. */
function euroOf({ amountMinor, currency }: Transaction): number {
  return amountMinor / (minorPerEuro.get(currency) ?? 100);
}

function localHourOf({ eventTime, merchant }: Transaction): number {
  const hour = Number(eventTime.slice(11, 13)) + (offsets.get(merchant?.country ?? '') ?? 0);
  return (Math.floor(hour) + 24) % 24;
}

const increase = (counts: Record<string, number>, key: string) => {
  counts[key] = (counts[key] ?? 0) + 1;
};

const createHistogram = () => ({
  genuine: {} as Record<string, number>,
  fraud: {} as Record<string, number>,
});

/** Counts records one by one; memory does not grow with them. */
export function createSimulationCounter(): SimulationCounter {
  const portfolios = new Set<string>();
  const byType: Record<string, number> = {};
  const byTypology: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  const [amounts, hours, kinds] = [createHistogram(), createHistogram(), createHistogram()];
  let [transactions, decided, frauds] = [0, 0, 0];
  let firstEventTime = '';
  let lastEventTime = '';

  function addDecided({ transaction, truth }: SimulatedTransaction): void {
    const { label, typology } = truth;
    decided += 1;
    if (label === 'fraud') {
      frauds += 1;
      increase(byTypology, typology ?? 'unknown');
    }
    increase(amounts[label], String(Math.round(Math.log(euroOf(transaction)) / AMOUNT_STEP)));
    increase(hours[label], String(localHourOf(transaction)));
    increase(kinds[label], categoryNames.get(transaction.merchant?.mcc ?? '') ?? 'other');
  }

  return {
    add: (record) => {
      if (record.kind === 'outcome') {
        increase(outcomes, `${record.outcome.kind}:${record.outcome.label}`);
        return;
      }
      const { transaction } = record;
      transactions += 1;
      portfolios.add(transaction.portfolioId);
      increase(byType, transaction.type);
      firstEventTime ||= transaction.eventTime;
      lastEventTime = transaction.eventTime;
      if (isDecided(transaction)) addDecided(record);
    },
    read: () => ({
      summary: {
        transactions,
        decided,
        frauds,
        fraudRate: decided === 0 ? 0 : frauds / decided,
        portfolios: portfolios.size,
        byType,
        byTypology,
        outcomes,
        firstEventTime,
        lastEventTime,
      },
      amounts,
      hours,
      categories: kinds,
    }),
  };
}
