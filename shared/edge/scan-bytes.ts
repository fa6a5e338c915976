// shared/edge/scan-bytes.ts: cheap looks at a record's bytes: digits enough for a card number, nesting, text cut off.
import { shortestCardNumber } from './issuer-ranges.ts';

/** One entry per byte value, 1 for the characters given and for all bytes from `from` on. */
const tableOf = (characters: string, from = 256) => {
  const table = new Uint8Array(256).fill(1, from);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
};
const isDigit = tableOf('0123456789');
/** What may lie inside one number: digits, separators, and the bytes of typographic spaces and dashes. */
const keepsNumber = tableOf('0123456789 \t\r\n.-_', 0x80);
const opens = tableOf('{[');
const closes = tableOf('}]');

/**
 * True when some stretch of digits and separators has digits enough for a card number. Looks at every twelfth
 * byte and closer only where that byte could be inside a number.
 */
export function hasLongNumber(bytes: Uint8Array): boolean {
  for (let index = shortestCardNumber - 1; index < bytes.length; index += shortestCardNumber) {
    if (keepsNumber[bytes[index] ?? 0] === 1 && digitsAround(bytes, index) >= shortestCardNumber) return true;
  }
  return false;
}

/** Digits in the stretch of digits and separators that holds `index`. */
function digitsAround(bytes: Uint8Array, index: number): number {
  let digits = 0;
  for (let at = index; at >= 0 && keepsNumber[bytes[at] ?? 0] === 1; at--)
    digits += isDigit[bytes[at] ?? 0] ?? 0;
  for (let at = index + 1; at < bytes.length && keepsNumber[bytes[at] ?? 0] === 1; at++)
    digits += isDigit[bytes[at] ?? 0] ?? 0;
  return digits;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export interface Nesting {
  readonly deepest: number;
  /** The text ends inside a string, object or array: the rest of it is missing. */
  readonly isCutOff: boolean;
}

/** Depth of JSON text without parsing it, so that 10,000 brackets cost no stack. */
export function measureNesting(bytes: Uint8Array): Nesting {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
      if (index >= bytes.length) return { deepest, isCutOff: true };
    }
    depth += (opens[byte] ?? 0) - (closes[byte] ?? 0);
    deepest = Math.max(deepest, depth);
  }
  return { deepest, isCutOff: depth > 0 };
}

/** Position of the closing quote of the string that opens at `start`; at least the length when there is none. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}

/** True when at least `count` braces open, those in strings included. Fewer cannot nest deeper. */
export function hasOpenings(text: string, count: number): boolean {
  let at = -1;
  for (let found = 0; found < count; found++) {
    at = text.indexOf('{', at + 1);
    if (at === -1) return false;
  }
  return true;
}
