// test/support/card-numbers.ts: card numbers to plant in tests: published test numbers, and made-up ones per network.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers that networks and processors publish for testing. They belong to nobody. */
export const publishedTestNumbers = [
  '4111111111111111',
  '4242424242424242',
  '4012888888881881',
  '4222222222222',
  '4000056655665556',
  '4005519200000004',
  '4917610000000000003',
  '5555555555554444',
  '5105105105105100',
  '5200828282828210',
  '2223003122003222',
  '2223000048400011',
  '378282246310005',
  '371449635398431',
  '378734493671000',
  '30569309025904',
  '38520000023237',
  '36227206271667',
  '6011111111111117',
  '6011000990139424',
  '3530111333300000',
  '3566002020360505',
  '6200000000000005',
  '6759649826438453',
  '5019717010103742',
];

/** Prefix and length of one network's numbers. */
const networks: readonly (readonly [string, number])[] = [
  ['4', 16],
  ['4', 13],
  ['4', 19],
  ['51', 16],
  ['55', 16],
  ['2221', 16],
  ['2720', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['65', 16],
  ['3528', 16],
  ['305', 14],
  ['36', 14],
  ['62', 16],
];

/** A made-up number of a network's range and length, Luhn-valid. @param random in [0, 1) */
export function makeCardNumber(index: number, random: () => number): string {
  const [prefix, length] = networks[index % networks.length] ?? ['4', 16];
  let digits = prefix;
  while (digits.length < length - 1) digits += Math.floor(random() * 10);
  return digits + luhnDigit(digits);
}

function luhnDigit(digits: string): number {
  const sum = [...digits].reverse().reduce((total, character, position) => {
    const doubled = Number(character) * (position % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return (10 - (sum % 10)) % 10;
}

/** The number as people write it: groups of four, or 4-6-5 and 4-6-4, joined by a separator. */
export function grouped(digits: string, separator: string): string {
  if (digits.length === 15)
    return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].join(separator);
  if (digits.length === 14)
    return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].join(separator);
  return (digits.match(/\d{1,4}/g) ?? []).join(separator);
}

/** Uniform in [0, 1), seeded, so that a failing case can be repeated. */
export function seededRandom(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}
