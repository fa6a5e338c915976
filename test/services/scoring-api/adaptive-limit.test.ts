// test/services/scoring-api/adaptive-limit.test.ts: how many may be in hand follows how long they take.
import { expect, test } from 'vitest';
import { createAdaptiveLimit } from '../../../services/scoring-api/adaptive-limit.ts';

const MOST = 64;

/** Answers that took so long each; always as many as may come. */
function answer(limit: ReturnType<typeof createAdaptiveLimit>, times: number, elapsedMs: number): void {
  for (let index = 0; index < times; index += 1) {
    limit.noteFull();
    limit.noteAnswer(elapsedMs);
  }
}

test('where answers are slow it goes down, to sixteen and not below', () => {
  const limit = createAdaptiveLimit(MOST);
  expect(limit.current()).toBe(MOST);
  answer(limit, MOST, 80);
  expect(limit.current()).toBe(51);
  answer(limit, 2_000, 80);
  expect(limit.current()).toBe(16);
});

test('where they are fast again it goes up, one at a time, to where it began', () => {
  const limit = createAdaptiveLimit(MOST);
  answer(limit, 2_000, 80);
  answer(limit, 32, 5);
  expect(limit.current()).toBe(17);
  answer(limit, 10_000, 5);
  expect(limit.current()).toBe(MOST);
});

test('a few slow ones among many do not lower it, and it does not grow where nobody was refused', () => {
  const limit = createAdaptiveLimit(MOST);
  for (let index = 0; index < 10 * MOST; index += 1) limit.noteAnswer(index % 16 === 0 ? 500 : 5);
  expect(limit.current()).toBe(MOST);
  answer(limit, MOST, 80);
  for (let index = 0; index < 1_000; index += 1) limit.noteAnswer(5);
  expect(limit.current()).toBe(51);
});

test('a setting below sixteen is the limit itself', () => {
  const limit = createAdaptiveLimit(2);
  answer(limit, 100, 80);
  expect(limit.current()).toBe(2);
});
