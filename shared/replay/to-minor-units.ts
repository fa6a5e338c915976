// shared/replay/to-minor-units.ts: amounts of foreign tables → whole minor units, by the currency's ISO 4217 exponent.
import { currencyExponent } from '../features/codes.ts';

/**
 * Minor units of an amount written in major units (`49.90` EUR → 4990, `1200` JPY → 1200), rounded to the nearest.
 * @returns undefined when it is no number or the currency is unknown
 */
export function majorToMinor(text: string, currency: string): number | undefined {
  const exponent = currencyExponent(currency);
  const major = toNumber(text);
  if (exponent === undefined || major === undefined) return undefined;
  // Fifteen digits are exact in a double; without this 1.005 × 1000 would round down.
  return Math.round(Number((major * 10 ** exponent).toPrecision(15)));
}

/** A number written in digits, or undefined: empty text and words are no zero. */
export function toNumber(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}
