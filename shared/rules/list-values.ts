// shared/rules/list-values.ts: the values of one list, judged by what the field can hold; a value is never told, only its line.
import { identifierSchema } from '../domain/identifier.ts';
import { looksLikeCardNumber } from '../edge/card-number.ts';
import type { ListField } from './rules-file.ts';

/** A value and the line it stands on, from 1. */
export interface ListLine {
  readonly line: number;
  readonly value: string;
}

const country = /^[A-Z]{2}$/;
const binRange = /^(\d{6,8})(?:-(\d{6,8}))?$/;

/** Lines of a list file: one value each; empty ones and those that start with `#` are left out. */
export function readListLines(text: string): ListLine[] {
  const lines: ListLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const value = raw.trim();
    if (value !== '' && !value.startsWith('#')) lines.push({ line: index + 1, value });
  }
  return lines;
}

/** What is wrong with a value, without the value; undefined when it can stand in the list. */
export function whyNotInList(field: ListField, value: string): string | undefined {
  if (field === 'bin') return whyNotBin(value);
  if (field === 'country' || field === 'ipCountry') {
    return country.test(value) ? undefined : 'expected an ISO 3166-1 code of two capital letters';
  }
  if (looksLikeCardNumber(value)) return 'looks like a card number: lists hold tokens';
  return identifierSchema.safeParse(value).success
    ? undefined
    : 'expected an id of 1 to 64 printable ASCII characters without a bar';
}

function whyNotBin(value: string): string | undefined {
  const [, from, to = from] = binRange.exec(value) ?? [];
  if (from === undefined || to === undefined || from.length !== to.length) {
    return 'expected 6 to 8 digits, or a range of two of the same length (457173-457199)';
  }
  return from <= to ? undefined : 'expected the smaller end of the range first';
}
