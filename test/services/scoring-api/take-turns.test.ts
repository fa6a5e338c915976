// test/services/scoring-api/take-turns.test.ts: so many acts per turn of the event loop, in order.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns } from '../../../services/scoring-api/take-turns.ts';

test('nothing acts at once, a turn acts so often, later ones do the rest, in order', async () => {
  const take = createTurns(2);
  const acted: number[] = [];
  for (let index = 0; index < 5; index += 1) take(() => acted.push(index));
  expect(acted).toEqual([]);
  await nextTurn();
  expect(acted).toEqual([0, 1]);
  await nextTurn();
  expect(acted).toEqual([0, 1, 2, 3]);
  // Who comes while others wait does not overtake them.
  take(() => acted.push(5));
  await expect.poll(() => acted).toEqual([0, 1, 2, 3, 4, 5]);
});

test('an act that comes after a busy time has its turn, too', async () => {
  const take = createTurns(1);
  const acted: string[] = [];
  take(() => acted.push('first'));
  await expect.poll(() => acted).toEqual(['first']);
  take(() => acted.push('second'));
  await expect.poll(() => acted).toEqual(['first', 'second']);
});
