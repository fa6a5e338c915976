// test/services/retrainer/describe-drift.test.ts: the weeks that judged a version become its drift reference; too few of them give none.
import { expect, test } from 'vitest';
import { describeDrift } from '../../../services/retrainer/describe-drift.ts';
import { DRIFT_REFERENCE_FILE, parseDriftReference } from '../../../shared/drift/drift-reference.ts';
import { createDriftWatch } from '../../../shared/drift/drift-watch.ts';
import { createRandom } from '../../../shared/simulation/random.ts';
import type { TrainingSet } from '../../../shared/training-set/training-set.ts';
import { planWindows, windowNames } from '../../../shared/training-set/windows.ts';

const DAY_MS = 86_400_000;
const CARDS = 40;
const inputs = ['embedding-0', 'surprise-amount', 'feature-amountLog'];
const cut = new Date('2026-03-01T00:00:00.000Z');

/** One row per card and day of every window. */
function createState(windowDays: number) {
  const windows = planWindows({
    cut,
    labelDelayDays: 7,
    trainingDays: windowDays,
    calibrationDays: windowDays,
    testDays: windowDays,
  });
  const random = createRandom(5);
  const places = windowNames.flatMap((name, window) => {
    const days = Math.round((windows[name].untilMs - windows[name].fromMs) / DAY_MS);
    return Array.from({ length: days * CARDS }, (_, row) => ({
      window,
      card: row % CARDS,
      timeMs: windows[name].fromMs + (row / CARDS) * DAY_MS,
    }));
  });
  const count = places.length;
  const set: TrainingSet = {
    inputs,
    values: Float32Array.from({ length: count * inputs.length }, () => random.normal()),
    labels: new Uint8Array(count),
    weights: new Float32Array(count).fill(1),
    times: Float64Array.from(places, ({ timeMs }) => timeMs),
    knownAtMs: new Float64Array(count),
    cards: Uint32Array.from(places, ({ card }) => card),
    windowOf: Uint8Array.from(places, ({ window }) => window),
    transactionIds: places.map((_, row) => `t-${row}`),
    portfolios: places.map(() => 'default'),
    merchants: places.map(() => ''),
    rawScores: new Float64Array(count),
    scores: new Float64Array(count),
    snapshotId: 'snapshot',
    cut,
    windows,
    inputFiles: [],
  };
  const straight = { rawScores: [-20, 20], scores: [0, 1] };
  return {
    set,
    // Scores rise with the amount.
    rawScores: Float32Array.from({ length: count }, (_, row) => set.values[row * inputs.length + 2] ?? 0),
    calibrators: { full: straight, featuresOnly: straight, rules: straight },
    thresholds: {
      reviewAbove: 0.55,
      declineAbove: 0.6,
      riskLevels: { elevated: 0.5, high: 0.55, critical: 0.6 },
    },
  };
}

test('calibration and test weeks, scored by the version itself, are what is usual under it', () => {
  const bytes = describeDrift(createState(14)).get(DRIFT_REFERENCE_FILE);
  const reference = parseDriftReference(bytes ?? new Uint8Array());
  expect(reference).toMatchObject({ inputs, days: 28, rows: 28 * CARDS, cardDays: 28 * CARDS });
  // Scores are .5 + amount / 40: alerts lie beyond two standard deviations.
  expect(reference.alerts / reference.rows).toBeGreaterThan(0.01);
  expect(reference.alerts / reference.rows).toBeLessThan(0.04);
  expect(createDriftWatch(reference).status.decision).toBe('unknown');
});

test('the same state gives the same bytes: a version is its files', () => {
  expect(describeDrift(createState(14))).toEqual(describeDrift(createState(14)));
});

test('windows too short to tell how quiet weeks differ give no reference, and the version is registered without', () => {
  expect(describeDrift(createState(5)).size).toBe(0);
});

test('a value that is no number does not stand in the way: whether the version may serve is for the gates to say', () => {
  const state = createState(14);
  const lastRow = state.set.values.length - inputs.length;
  for (const [column, value] of [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY].entries()) {
    state.set.values[lastRow - column * inputs.length + column] = value;
  }
  const bytes = describeDrift(state).get(DRIFT_REFERENCE_FILE);
  expect(parseDriftReference(bytes ?? new Uint8Array())).toMatchObject({ days: 28, rows: 28 * CARDS });
});
