// shared/simulation/price.ts: euro → minor units of a currency, priced as shops price: round, just below round, or to the cent.
import type { Category } from './categories.ts';
import type { Country } from './countries.ts';
import type { Random } from './random.ts';

const CASH_STEP = 10;

/** Whole minor units, at least one. */
export function toMinor(euro: number, country: Country): number {
  return Math.max(1, Math.round(euro * country.minorPerEuro));
}

/** An amount as a shop of this category in this country would ask for it. */
export function priceOf(random: Random, euro: number, category: Category, country: Country): number {
  const minor = toMinor(euro * country.priceLevel, country);
  const unit = country.roundUnit;
  if (category.roles.includes('cash'))
    return Math.max(1, Math.round(minor / (unit * CASH_STEP))) * unit * CASH_STEP;
  const style = random.uniform();
  if (style < 0.3 && minor > unit) return Math.round(minor / unit) * unit - Math.ceil(unit / 100);
  if (style < 0.45 && minor > unit) return Math.round(minor / unit) * unit;
  return minor;
}
