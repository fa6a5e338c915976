// test/shared/head/tail-table.test.ts: tail bits say how rare a value is, rise with it, and have no step between entries.
import { expect, test } from 'vitest';
import { buildTailTable, toTailBits, toTailValue } from '../../../shared/head/tail-table.ts';

const uniform = buildTailTable(Array.from({ length: 100_000 }, (_, row) => row / 100_000));

test('a value exceeded by one in a thousand has ten bits', () => {
  expect(toTailBits(uniform, 0.999)).toBeCloseTo(Math.log2(1000), 1);
  expect(toTailBits(uniform, 0.5)).toBeCloseTo(1, 2);
});

test('bits rise with the value, below the median and beyond the table too', () => {
  let before = -1;
  for (let value = -1; value <= 3; value += 0.01) {
    const bits = toTailBits(uniform, value);
    expect(bits).toBeGreaterThan(before);
    before = bits;
  }
  expect(before).toBeLessThan(25);
});

test('a tiny change of the value is a tiny change of the bits', () => {
  for (const value of [0.2, 0.5, 0.61, 0.9, 0.9999, 1.2]) {
    expect(Math.abs(toTailBits(uniform, value + 1e-9) - toTailBits(uniform, value))).toBeLessThan(1e-4);
  }
});

test('a value that most rows share is not rare', () => {
  const counts = buildTailTable([
    ...Array.from({ length: 990 }, () => 0),
    ...Array.from({ length: 10 }, () => 3),
  ]);
  expect(toTailBits(counts, 0)).toBe(1);
  // One row in a hundred; the table knows probabilities of .01 and .005.
  expect(toTailBits(counts, 3)).toBeGreaterThanOrEqual(Math.log2(100));
  expect(toTailBits(counts, 3)).toBeLessThanOrEqual(Math.log2(200));
});

test('missing values and an empty past are not rare', () => {
  expect(toTailBits(uniform, Number.NaN)).toBe(0);
  expect(buildTailTable([Number.NaN]).every((value) => value === 0)).toBe(true);
});

test('bits turn back into the value they were made of, within the table', () => {
  const counts = buildTailTable(Array.from({ length: 10_000 }, (_, row) => (row < 7_000 ? 0 : row % 9)));
  for (const [table, values] of [
    [uniform, [0.5, 0.61, 0.9, 0.99, 0.9999]],
    [counts, [0, 1.5, 3, 7, 8]],
  ] as const) {
    for (const value of values) expect(toTailValue(table, toTailBits(table, value))).toBeCloseTo(value, 6);
  }
  expect(toTailValue(uniform, 0.2)).toBeCloseTo(0.5, 3);
  expect(toTailValue(uniform, 40)).toBeCloseTo(1, 3);
});
