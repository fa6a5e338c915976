// services/fraudctl/option-values.ts: numbers as option values, each refused with what was expected.
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError for what is no number above 0 */
export function toPositive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** @throws InvalidArgumentError for what is no whole number above 0 */
export function toCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}

/** @throws InvalidArgumentError for what is no whole number of 0 or more */
export function toWhole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number');
}
