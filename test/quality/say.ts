// test/quality/say.ts: what every quality program tells: a line; that its data is not there; methods beside the first one with intervals.
import { differenceOf, type Rounds } from './bootstrap-rounds.ts';
import { findQualityData } from './sparkov-data.ts';

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Where a file of the quality data lies; when it is not there the program says so and does nothing. */
export function askQualityData(file: string): string | undefined {
  const found = findQualityData(file);
  if (!found) say(`NOT RUN: ${file} is not there (set FRAUD_QUALITY_DATA).`);
  return found;
}

/** `first` minus `one` with its interval; nothing for the first itself. */
export function intervalOf(first: Rounds | undefined, one: Rounds): string {
  if (first === undefined || one === first) return '';
  const { difference, lower, upper } = differenceOf(first, one);
  return `${difference.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
}

/** Prints every method's average precision, and `first` minus it. @returns the figures by method */
export function tellRounds(
  told: ReadonlyMap<string, Rounds>,
  first: Rounds | undefined,
): Record<string, number> {
  for (const [name, one] of told) {
    say(`  ${name.padEnd(44)} ${one.measured.toFixed(3)}   ${intervalOf(first, one)}`);
  }
  return Object.fromEntries([...told].map(([name, { measured }]) => [name, measured]));
}
