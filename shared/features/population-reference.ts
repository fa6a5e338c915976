// shared/features/population-reference.ts: what is usual in a portfolio: currency medians, amount and hour distributions, tail tables; one versioned object.
import { z } from 'zod';

/** Amount bins of the encoder's targets: AMOUNT_BINS bins of width AMOUNT_BIN_WIDTH in ln(amount over median), open ends. */
export const AMOUNT_BINS = 48;
export const AMOUNT_BIN_WIDTH = 0.16;
/** Lower edge of bin 1 (bin 0 is open to −∞): bins are centred on the median. */
export const AMOUNT_FIRST_EDGE = -((AMOUNT_BINS - 2) / 2) * AMOUNT_BIN_WIDTH;
export const HOUR_BINS = 24;

/** Bin of an amount given in reference units (over the currency's median); 0 … AMOUNT_BINS − 1. */
export function amountBinOf(amount: number): number {
  const bin = Math.floor((Math.log(Math.max(amount, 1e-6)) - AMOUNT_FIRST_EDGE) / AMOUNT_BIN_WIDTH) + 1;
  return Math.max(0, Math.min(AMOUNT_BINS - 1, bin));
}

/** Values at fixed upper-tail probabilities: `values[i]` is exceeded by a share `TAIL_PROBABILITIES[i]` of past unlabelled traffic. */
export const TAIL_PROBABILITIES = [
  0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0003, 0.0002, 0.0001,
  0.00005,
] as const;

export const populationReferenceSchema = z.object({
  portfolioId: z.string(),
  /** First and last event time of the traffic it was made from, and its size. */
  madeFrom: z.object({ firstEventTime: z.string(), lastEventTime: z.string(), transactions: z.int() }),
  /** ISO 4217 → median transaction amount in major units. `*` is used for currencies not seen. */
  currencyMedians: z.record(z.string(), z.number().positive()),
  /** ln(amount over median) at its .95 and .99 quantile, its mean and standard deviation, and the log-probability of each amount bin. */
  amount: z.object({
    quantile95: z.number(),
    quantile99: z.number(),
    mean: z.number(),
    standardDeviation: z.number(),
    binLogProbabilities: z.array(z.number()).length(AMOUNT_BINS),
  }),
  /** Typical level of a card (amounts in reference units): what a card without history is shrunk towards. */
  cardLevel: z.object({ mean: z.number(), standardDeviation: z.number() }),
  hourLogProbabilities: z.array(z.number()).length(HOUR_BINS),
  /** Per statistic: values at TAIL_PROBABILITIES, ascending. */
  tails: z.record(z.string(), z.array(z.number()).length(TAIL_PROBABILITIES.length)),
});
export type PopulationReference = z.infer<typeof populationReferenceSchema>;
