// shared/features/reference-amount.ts: amounts over the currency's median: one unit for all portfolios and currencies.
import type { Transaction } from '../domain/transaction.ts';
import { toMajorUnits } from './codes.ts';
import type { PopulationReference } from './population-reference.ts';

/**
 * Small amount added to both sides of every ratio, in reference units (about one currency unit where the median
 * is 50): keeps ratios of cents finite and quiet.
 */
export const AMOUNT_FLOOR = 0.02;

/** Amount in major units, with the currency it is given in: the billing amount where there is one. */
export function billedAmount(transaction: Transaction): { major: number; currency: string } {
  const { billingAmountMinor, billingCurrency, amountMinor, currency } = transaction;
  if (billingAmountMinor !== undefined && billingCurrency !== undefined) {
    return { major: toMajorUnits(billingAmountMinor, billingCurrency), currency: billingCurrency };
  }
  return { major: toMajorUnits(amountMinor, currency), currency };
}

/** Amount over its currency's median in the reference, ≥ 0; `known` is false when the `*` median had to stand in. */
export function referenceAmount(
  transaction: Transaction,
  reference: PopulationReference,
): { amount: number; known: boolean } {
  const { major, currency } = billedAmount(transaction);
  const median = reference.currencyMedians[currency];
  return {
    amount: major / (median ?? reference.currencyMedians['*'] ?? 1),
    known: median !== undefined,
  };
}

/** ln of a ratio of two amounts in reference units, with the floor on both sides. */
export function logRatio(amount: number, level: number): number {
  return Math.log((amount + AMOUNT_FLOOR) / (level + AMOUNT_FLOOR));
}
