// test/shared/evaluation/time-split.test.ts: no label is used before its delay has passed, and cards known by then are not tested.
import { expect, test } from 'vitest';
import { planSplits, selectSplit } from '../../../shared/evaluation/time-split.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

const plan = { trainFrom: 100, trainDays: 7, delayDays: 5, testDays: 4, splits: 3 };

function makeRows(seed: number) {
  const random = createRandom(seed);
  const count = 3_000;
  const day = Int32Array.from({ length: count }, () => 95 + random.integer(40)).sort();
  const card = Uint32Array.from({ length: count }, () => random.integer(80));
  const label = Uint8Array.from({ length: count }, () => (random.chance(0.02) ? 1 : 0));
  return { day, card, label };
}

test('splits follow each other with the delay between train and test', () => {
  const splits = planSplits(plan);
  expect(splits.map(({ trainFrom }) => trainFrom)).toEqual([100, 104, 108]);
  for (const split of splits) expect(split.testFrom - split.trainUntil).toBe(5);
  expect(splits[1]?.testFrom).toBe(splits[0]?.testUntil);
});

test('a test row stays exactly when no fraud of its card is known on its day', () => {
  const rows = makeRows(1);
  const [split] = planSplits(plan);
  if (!split) throw new Error('no split');
  const { train, test: tested } = selectSplit(rows, split);
  const expected = [...rows.day.keys()].filter((row) => {
    const day = rows.day[row];
    if (day < split.testFrom || day >= split.testUntil) return false;
    return ![...rows.day.keys()].some(
      (other) =>
        rows.card[other] === rows.card[row] &&
        rows.label[other] === 1 &&
        rows.day[other] >= split.trainFrom &&
        rows.day[other] <= day - split.delayDays - 1,
    );
  });
  expect([...tested]).toEqual(expected);
  expect([...train].every((row) => rows.day[row] < split.testFrom - split.delayDays)).toBe(true);
  expect(tested.length).toBeGreaterThan(0);
  expect(tested.length).toBeLessThan(rows.day.filter((day) => day >= 112 && day < 116).length);
});
