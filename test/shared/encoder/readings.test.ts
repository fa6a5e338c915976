// test/shared/encoder/readings.test.ts: outputs of a pass as readings: names, forecasts, means, missing surprises.
import { expect, test } from 'vitest';
import {
  type EncoderOutputs,
  readingLayout,
  readingNames,
  toEncoderOutputs,
  toReadings,
} from '../../../shared/encoder/readings.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../../../shared/features/population-reference.ts';
import { sampleReference } from '../../support/encoder-rows.ts';

const WIDTH = 4;
const EVENTS = 16;
const FIELDS = 6;
const reference = sampleReference();
const even = (bins: number) => new Float32Array(bins).fill(-Math.log(bins));

/** One row; by default forecasts equal the population and nothing is known of the last events. */
function outputsOf(changes: Partial<EncoderOutputs> = {}): EncoderOutputs {
  return {
    width: WIDTH,
    embedding: Float32Array.of(1, 2, 3, 4),
    forecastAmount: even(AMOUNT_BINS),
    forecastHour: even(HOUR_BINS),
    surprise: new Float32Array(EVENTS * FIELDS),
    targets: new Int32Array(EVENTS * FIELDS).fill(-1),
    ...changes,
  };
}

function named(outputs: EncoderOutputs): Record<string, number> {
  const readings = toReadings(outputs, 0, reference);
  return Object.fromEntries(
    readingNames({ width: WIDTH }).map((name, at) => [name, readings[at] ?? Number.NaN]),
  );
}

test('there are as many names as readings, embedding first', () => {
  const names = readingNames({ width: WIDTH });
  expect(toReadings(outputsOf(), 0, reference)).toHaveLength(names.length);
  expect(readingLayout({ width: WIDTH }).count).toBe(names.length);
  expect(named(outputsOf())).toMatchObject({ 'embedding-0': 1, 'embedding-3': 4 });
});

test('a forecast equal to the population diverges by nothing', () => {
  const readings = named(outputsOf());
  expect(readings['forecast-amount-divergence']).toBeCloseTo(0, 5);
  expect(readings['forecast-hour-divergence']).toBeCloseTo(0, 5);
});

test('the more likely a large next amount, the higher its readings; .99 is never likelier than .95', () => {
  const sure = new Float32Array(AMOUNT_BINS).fill(-20);
  sure[AMOUNT_BINS - 1] = 0;
  const [low, high] = [named(outputsOf()), named(outputsOf({ forecastAmount: sure }))];
  for (const name of ['forecast-log-p-above-q95', 'forecast-log-p-above-q99', 'forecast-mean-log-amount']) {
    expect(high[name], name).toBeGreaterThan(low[name] ?? 0);
  }
  expect(high['forecast-log-p-above-q99']).toBeCloseTo(0, 4);
  expect(low['forecast-log-p-above-q99']).toBeLessThan(low['forecast-log-p-above-q95'] ?? 0);
});

test('a probability of zero stays finite', () => {
  const never = new Float32Array(AMOUNT_BINS).fill(-200);
  never[0] = 0;
  expect(Object.values(named(outputsOf({ forecastAmount: never }))).every(Number.isFinite)).toBe(true);
});

test('surprise means are the naive exponential means of the known fields', () => {
  const surprise = Float32Array.from({ length: EVENTS * FIELDS }, (_, at) => (at * 7) % 5);
  const targets = Int32Array.from({ length: EVENTS * FIELDS }, (_, at) =>
    at % 11 === 0 || at < 30 ? -1 : 1,
  );
  surprise.forEach((_, at) => {
    if ((targets[at] ?? -1) < 0) surprise[at] = 0;
  });
  const readings = named(outputsOf({ surprise, targets }));
  let [sum, weight, total, totalWeight] = [0, 0, 0, 0];
  for (let back = 0; back < EVENTS; back++) {
    const event = (EVENTS - 1 - back) * FIELDS;
    const fields = Array.from({ length: FIELDS }, (_, field) => event + field).filter(
      (at) => (targets[at] ?? -1) >= 0,
    );
    if (fields.includes(event + 3)) {
      sum += 0.7 ** back * (surprise[event + 3] ?? 0);
      weight += 0.7 ** back;
    }
    if (fields.length === 0) continue;
    total += 0.9 ** back * fields.reduce((bits, at) => bits + (surprise[at] ?? 0), 0);
    totalWeight += 0.9 ** back;
  }
  expect(readings['surprise-mean-amount']).toBeCloseTo(sum / weight, 5);
  expect(readings['surprise-mean-total-0.9']).toBeCloseTo(total / totalWeight, 5);
  expect(readings['surprise-amount']).toBe(surprise[(EVENTS - 1) * FIELDS + 3]);
});

test('nothing known gives means of nothing', () => {
  expect(named(outputsOf())).toMatchObject({ 'surprise-mean-gap': 0, 'surprise-mean-total-0.5': 0 });
});

test('a session that lacks an output is refused by its name', () => {
  expect(() => toEncoderOutputs({}, { rows: 1, targets: new Int32Array() })).toThrow(/embedding/);
});
