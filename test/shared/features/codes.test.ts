// test/shared/features/codes.test.ts: the pinned code tables against what Node's Intl knows and against the standards' numbers.
import { expect, test } from 'vitest';
import { entryModes, transactionTypes } from '../../../shared/domain/transaction.ts';
import {
  CATEGORY_COUNT,
  COUNTRY_COUNT,
  categoryNames,
  categoryOf,
  countryOf,
  currencyExponent,
  ENTRY_MODE_COUNT,
  entryModeOf,
  isCurrency,
  TYPE_COUNT,
  toMajorUnits,
  typeOf,
} from '../../../shared/features/codes.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

test('category names fill the embedding and are all reached by some code', () => {
  expect(categoryNames).toHaveLength(CATEGORY_COUNT);
  const reached = new Set<number>();
  for (let code = 0; code < 10_000; code++) reached.add(categoryOf(String(code).padStart(4, '0')));
  expect([...reached].sort((left, right) => left - right)).toEqual(
    Array.from({ length: CATEGORY_COUNT - 1 }, (_, at) => at + 1),
  );
});

test.each([
  ['5411', 'grocery'],
  ['5541', 'fuel'],
  ['5812', 'restaurant'],
  ['5814', 'fast-food'],
  ['5311', 'general-merchandise'],
  ['5200', 'home'],
  ['5912', 'health'],
  ['7997', 'fitness-and-sport'],
  ['7230', 'personal-care'],
  ['5945', 'children-and-pets'],
  ['7832', 'entertainment'],
  ['3005', 'airline'],
  ['3640', 'lodging'],
  ['4722', 'travel-agency'],
  ['5651', 'clothing'],
  ['5732', 'electronics'],
  ['6011', 'cash'],
  ['7995', 'quasi-cash'],
  ['4829', 'transfer-and-financial'],
  ['4900', 'utility-and-telecom'],
  ['6300', 'insurance'],
  ['8111', 'professional-service'],
  ['8398', 'charity-education-government'],
  ['5999', 'other'],
])('category of %s is %s', (mcc, name) => {
  expect(categoryNames[categoryOf(mcc)]).toBe(name);
});

test('category of nothing, or of what is no four digits, is missing', () => {
  for (const mcc of [undefined, '', '54', '54111', '5a11']) expect(categoryOf(mcc)).toBe(0);
});

test('country index covers the 249 codes of ISO 3166-1, each once, and nothing else', () => {
  const known = letters.flatMap((first) => letters.map((second) => first + second));
  const indices = known.map((code) => countryOf(code)).filter((index) => index < COUNTRY_COUNT - 1);
  expect(new Set(indices).size).toBe(249);
  expect(indices).toHaveLength(249);
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  for (const code of known.filter((code) => countryOf(code) < COUNTRY_COUNT - 1)) {
    expect(names.of(code)).toBeDefined();
  }
  expect(countryOf(undefined)).toBe(0);
  expect(countryOf('ZZ')).toBe(COUNTRY_COUNT - 1);
});

test('currency table holds every code that is legal tender somewhere, with the exponents of ISO 4217', () => {
  expect(['JPY', 'KRW', 'CLP', 'ISK', 'VND', 'UGX'].map(currencyExponent)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(['BHD', 'KWD', 'TND', 'OMR', 'JOD'].map(currencyExponent)).toEqual([3, 3, 3, 3, 3]);
  expect(['EUR', 'USD', 'HUF', 'IDR', 'MGA', 'MRU'].map(currencyExponent)).toEqual([2, 2, 2, 2, 2, 2]);
  expect(currencyExponent('CLF')).toBe(4);
  for (const code of ['XXX', 'XTS', 'XAU', 'ZZZ', 'eur', '']) expect(isCurrency(code)).toBe(false);
});

test('amounts become major units by the exponent of their currency', () => {
  expect(toMajorUnits(1234, 'EUR')).toBe(12.34);
  expect(toMajorUnits(1234, 'JPY')).toBe(1234);
  expect(toMajorUnits(1234, 'KWD')).toBe(1.234);
});

test('entry modes and types have 1-based indices below their counts, and 0 means missing', () => {
  expect(entryModes.map(entryModeOf)).toEqual(entryModes.map((_, at) => at + 1));
  expect(transactionTypes.map(typeOf)).toEqual(transactionTypes.map((_, at) => at + 1));
  expect(entryModeOf(undefined)).toBe(0);
  expect(ENTRY_MODE_COUNT).toBe(11);
  expect(TYPE_COUNT).toBe(8);
});
