// shared/edge/card-number.ts: finds card numbers in strings, by the kind of field, and masks them in bytes.
import {
  isCardNumber,
  isPublishedTestNumber,
  longestCardNumber,
  shortestCardNumber,
} from './issuer-ranges.ts';

/**
 * What a string field is for, which decides how a card number in it is recognised.
 * - `card`: card tokens. Any card number that stands by itself, grouped or not.
 * - `text`: names, places, closed lists. Any card number, also inside other text.
 * - `id`: ids are often plain digits, and one random 16-digit string in forty looks exactly like a card
 *   number, so plain digits are refused only when they belong to a published test series; digits grouped as
 *   cards are written (4-4-4-4, 4-6-5, …) are refused whenever they are a card number.
 * - `strict-id`: an id whose sender says that it never is plain digits: the rule of `card`.
 */
export type FieldClass = 'card' | 'text' | 'id' | 'strict-id';

// Space, dot, dash, underscore, and the typographic spaces and dashes that come with copied text.
const separators = String.raw`[\s._\-\u00a0\u2000-\u2015\u202f\u2212]`;
const digitRuns = new RegExp(String.raw`\d(?:${separators}{0,3}\d){${shortestCardNumber - 1},}`, 'g');
const separatorRun = new RegExp(`${separators}+`);
// The same over bytes read as Latin-1: typographic separators are two or three bytes above 0x7f each.
const digitRunsInBytes = new RegExp(
  String.raw`\d(?:[\s\0._\-\x80-\xff]{0,9}\d){${shortestCardNumber - 1},}`,
  'g',
);
const separatorRunInBytes = /[^\d]+/;
const isAlphanumeric = (character: string | undefined) =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);

/** True when a card number is in `text` and this class of field refuses it. Never throws; linear in length. */
export function holdsCardNumber(text: string, fieldClass: FieldClass): boolean {
  if (text.length < shortestCardNumber) return false;
  for (const match of text.matchAll(digitRuns)) {
    const run = match[0];
    const groups = run.split(separatorRun);
    const before = text[match.index - 1];
    const after = text[match.index + run.length];
    for (const candidate of candidatesIn(groups)) {
      if (fieldClass === 'text') return true;
      const touches =
        (candidate.first === 0 && isAlphanumeric(before)) ||
        (candidate.last === groups.length - 1 && isAlphanumeric(after));
      if (!touches && isRefused(candidate, fieldClass, { groups, isWholeText: run === text.trim() }))
        return true;
    }
  }
  return false;
}

/** True when plain or grouped digits in `text` could be a card number, whatever the field: what is counted and masked. */
export function looksLikeCardNumber(text: string): boolean {
  return holdsCardNumber(text, 'strict-id');
}

interface Candidate {
  readonly digits: string;
  readonly first: number;
  readonly last: number;
}

/** Every stretch of whole groups that is a card number. */
function* candidatesIn(groups: readonly string[]): Generator<Candidate> {
  for (let first = 0; first < groups.length; first++) {
    let digits = '';
    for (let last = first; last < groups.length; last++) {
      digits += groups[last] ?? '';
      if (digits.length > longestCardNumber) break;
      if (isCardNumber(digits)) yield { digits, first, last };
    }
  }
}

function isRefused(
  candidate: Candidate,
  fieldClass: FieldClass,
  run: { readonly groups: readonly string[]; readonly isWholeText: boolean },
): boolean {
  const { first, last, digits } = candidate;
  const isWhole = run.isWholeText && first === 0 && last === run.groups.length - 1;
  // Twelve digits are also the last group of a UUID and, as 4-4-4, its inner ones.
  if (!isWhole && digits.length === shortestCardNumber) return false;
  if (first === last) return fieldClass !== 'id' || isPublishedTestNumber(digits);
  return (isWhole && fieldClass !== 'id') || isCardGrouping(run.groups.slice(first, last + 1));
}

/** Four digits first and no later group above six (4-4-4-4, 4-6-5, …), or digit by digit: never a UUID or a date. */
function isCardGrouping(groups: readonly string[]): boolean {
  if (groups.every((group) => group.length === 1)) return true;
  return groups[0]?.length === 4 && groups.every((group) => group.length <= 6);
}

/**
 * A copy with every digit of every card number replaced by `*`, whatever field it is in; the same object when
 * there is none. Works on bytes that are no valid text, too. JSON escapes of digits and separators are undone.
 */
export function maskCardNumbers(bytes: Uint8Array): Uint8Array {
  const original = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const text = original.includes('\\') ? original.replaceAll(jsonEscapes, unescapeOne) : original;
  const masked = text.replaceAll(digitRunsInBytes, maskRun);
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}

const jsonEscapes = /\\(?:u([\da-fA-F]{4})|[tnr])/g;
const separator = new RegExp(separators);

function unescapeOne(escaped: string, code: string | undefined): string {
  const character = code === undefined ? ' ' : String.fromCharCode(Number.parseInt(code, 16));
  if (/[0-9]/.test(character)) return character;
  return separator.test(character) ? ' ' : escaped;
}

/** Masks the card numbers of one text. */
export function maskText(text: string): string {
  return text.replaceAll(digitRuns, maskRun);
}

function maskRun(run: string): string {
  const groups = run.split(separatorRunInBytes);
  const masked = new Set<number>();
  for (const { first, last } of candidatesIn(groups))
    for (let group = first; group <= last; group++) masked.add(group);
  if (masked.size === 0) return run;
  let group = 0;
  return run.replaceAll(/\d+/g, (digits) => (masked.has(group++) ? '*'.repeat(digits.length) : digits));
}
