// test/shared/evaluation/compare-paired.test.ts: the paired bootstrap equals a naive one, keeps cards together and sees what is there.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareFolds, comparePaired } from '../../../shared/evaluation/compare-paired.ts';
import { areaUnderCurve, averagePrecision } from '../../../shared/evaluation/metrics.ts';
import { measureRanked, rankColumn } from '../../../shared/evaluation/ranked-column.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

/** Rows of `cards` cards; every fifth card has frauds; `signal` is added to the scores of frauds. */
function makeRows(cards: number, rowsPerCard: number, seed: number) {
  const random = createRandom(seed);
  const count = cards * rowsPerCard;
  const card = Uint32Array.from({ length: count }, (_, row) => row % cards);
  const label = Uint8Array.from(card, (one) => (one % 5 === 0 && random.chance(0.4) ? 1 : 0));
  const day = Int32Array.from({ length: count }, (_, row) => Math.floor(row / cards));
  const noise = () => Float64Array.from({ length: count }, () => random.uniform());
  const withSignal = (signal: number) => noise().map((value, row) => value + signal * label[row]);
  return { rows: { card, label, day }, withSignal };
}

test('one pass over ranked rows equals the metrics on rows repeated as often as their card was drawn', () => {
  const row = fc.record({
    score: fc.integer({ min: 0, max: 5 }),
    label: fc.integer({ min: 0, max: 1 }),
    card: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 3, maxLength: 30 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
      (drawn, times) => {
        const ranked = rankColumn(
          { label: Uint8Array.from(drawn, ({ label }) => label), weight: undefined },
          Float64Array.from(drawn, ({ score }) => score),
          Uint32Array.from(drawn, ({ card }) => card),
        );
        const repeated = drawn.flatMap((one) => Array.from({ length: times[one.card] ?? 0 }, () => one));
        const ranking = {
          scores: repeated.map(({ score }) => score),
          labels: repeated.map(({ label }) => label),
        };
        const figures = measureRanked(ranked, Uint16Array.from(times));
        const expected = [averagePrecision(ranking), areaUnderCurve(ranking)];
        [figures.averagePrecision, figures.areaUnderCurve].forEach((value, at) => {
          if (Number.isNaN(expected[at])) expect(value).toBeNaN();
          else expect(value).toBeCloseTo(expected[at] ?? 0, 12);
        });
      },
    ),
    { seed: 21 },
  );
});

test('a better column is told from a worse one, and a column from itself by nothing', () => {
  const { rows, withSignal } = makeRows(100, 20, 1);
  const [good, poor] = [withSignal(0.6), withSignal(0.1)];
  const better = comparePaired(rows, good, poor, { rounds: 300 });
  expect(better.averagePrecision.difference.lower).toBeGreaterThan(0);
  expect(better.areaUnderCurve.difference.lower).toBeGreaterThan(0);
  const { difference } = better.averagePrecision;
  expect(difference.value).toBeCloseTo(
    better.averagePrecision.first.value - better.averagePrecision.second.value,
    12,
  );
  const same = comparePaired(rows, good, good, { rounds: 50 }).averagePrecision.difference;
  expect([same.value, same.lower, same.upper]).toEqual([0, 0, 0]);
});

test('the interval of a difference that is not there holds zero about as often as it says', () => {
  let outside = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { rows, withSignal } = makeRows(200, 8, 100 + seed);
    const { lower, upper } = comparePaired(rows, withSignal(0.3), withSignal(0.3), { rounds: 100, seed })
      .averagePrecision.difference;
    if (lower > 0 || upper < 0) outside++;
  }
  // 5 % of 60 are 3; ten or more would come by chance once in 700 times. None at all would mean intervals far too wide.
  expect(outside).toBeGreaterThan(0);
  expect(outside).toBeLessThan(10);
});

test('rows of one card are drawn together: copies of a card widen nothing and narrow nothing', () => {
  const { rows, withSignal } = makeRows(50, 4, 3);
  const scores = [withSignal(0.5), withSignal(0.3)] as const;
  const twice = <Column extends Uint32Array | Uint8Array | Int32Array | Float64Array>(column: Column) => [
    ...column,
    ...column,
  ];
  const doubled = {
    card: Uint32Array.from(twice(rows.card)),
    label: Uint8Array.from(twice(rows.label)),
    day: Int32Array.from(twice(rows.day)),
  };
  const once = comparePaired(rows, ...scores, { rounds: 200 });
  const again = comparePaired(
    doubled,
    Float64Array.from(twice(scores[0])),
    Float64Array.from(twice(scores[1])),
    { rounds: 200 },
  );
  expect(again.averagePrecision.difference.lower).toBeCloseTo(once.averagePrecision.difference.lower, 10);
});

test('folds count alike, and several columns of a method count as their mean', () => {
  const [small, large] = [makeRows(40, 5, 4), makeRows(40, 25, 5)];
  const folds = [small, large].map(({ rows, withSignal }) => ({
    rows,
    first: [withSignal(0.5), withSignal(0.4)],
    second: [withSignal(0.2)],
  }));
  const mean = compareFolds(folds, { rounds: 20 }).averagePrecision.first.value;
  const expected = folds.flatMap(({ rows, first }) =>
    first.map((scores) => averagePrecision({ scores, labels: rows.label })),
  );
  expect(mean).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / 4, 12);
});

test('rows that cannot be judged are refused with the reason', () => {
  const { rows, withSignal } = makeRows(10, 2, 6);
  const scores = withSignal(0);
  const judge =
    (changed: Partial<typeof rows>, column = scores) =>
    () =>
      comparePaired({ ...rows, ...changed }, column, scores, { rounds: 1 });
  expect(judge({ label: new Uint8Array(20) })).toThrow(/None of 20 rows is a fraud/);
  expect(judge({ label: new Uint8Array(20).fill(1) })).toThrow(/All of 20 rows/);
  expect(judge({ label: new Uint8Array(20).fill(2) })).toThrow(/labels 0 or 1/);
  expect(
    judge(
      {},
      scores.map((value, row) => (row === 3 ? Number.NaN : value)),
    ),
  ).toThrow(/not finite/);
  expect(judge({}, scores.slice(1))).toThrow(/Expected 20 values/);
});
