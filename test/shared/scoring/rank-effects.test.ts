// test/shared/scoring/rank-effects.test.ts: effects become reasons in one order, whatever order they come in.
import { expect, test } from 'vitest';
import { calmSentences, reasonCodes, reasonSentences } from '../../../shared/domain/reason-code.ts';
import type { Occlusion } from '../../../shared/scoring/occlude.ts';
import { toEffect, toReasons } from '../../../shared/scoring/rank-effects.ts';

const row = { portfolioId: 'p', events: new Uint8Array(48), eventCount: 1, features: new Float32Array() };
const effect = (code: Occlusion['code'], bits: number, back?: number) =>
  toEffect({ code, row, ...(back && { event: { back, ageMs: back * 60_000 } }) }, bits * Math.LN2, 0.5);

test('what raises the score comes first, then what lowers it, each strongest first, four at most', () => {
  const reasons = toReasons([
    effect('NEW_CARD', -3),
    effect('HOUR_UNUSUAL', 0.5),
    effect('COUNTRY_UNUSUAL', 0.05),
    effect('AMOUNT_UNUSUAL_FOR_CARD', 2),
    effect('ACCOUNT_UNUSUAL', -1),
    effect('CATEGORY_UNUSUAL', -2),
  ]);
  expect(reasons.map(({ code, direction, contribution }) => [code, direction, contribution])).toEqual([
    ['AMOUNT_UNUSUAL_FOR_CARD', 'raises', 2],
    ['HOUR_UNUSUAL', 'raises', 0.5],
    ['NEW_CARD', 'lowers', -3],
    ['CATEGORY_UNUSUAL', 'lowers', -2],
  ]);
  expect(reasons[2]?.sentence).toBe(calmSentences.NEW_CARD);
});

test('of several events only the strongest is a reason', () => {
  const reasons = toReasons([
    effect('RECENT_BEHAVIOUR_UNUSUAL', 1, 1),
    effect('RECENT_BEHAVIOUR_UNUSUAL', 2, 3),
    effect('RECENT_BEHAVIOUR_UNUSUAL', -2, 2),
  ]);
  expect(reasons.map(({ sentence }) => sentence)).toEqual([
    'A transaction of this card, 3 minutes before, raises the risk of this one.',
  ]);
});

test('equal effects keep the order of the catalogue, however they come and whatever float noise is in them', () => {
  const codes = [
    'HOUR_UNUSUAL',
    'AMOUNT_UNUSUAL_FOR_CARD',
    'VELOCITY_HIGH',
    'COUNTRY_UNUSUAL',
    'NEW_CARD',
  ] as const;
  const noisy = (sign: number) => codes.map((code, index) => effect(code, 1 + sign * index * 1e-6));
  const expected = reasonCodes.filter((code) => codes.some((one) => one === code)).slice(0, 4);
  expect(toReasons(noisy(1)).map(({ code }) => code)).toEqual(expected);
  expect(toReasons(noisy(-1).reverse())).toEqual(toReasons(noisy(1)));
});

test('every code has a sentence for either direction', () => {
  expect(Object.keys(calmSentences)).toEqual(Object.keys(reasonSentences));
});
