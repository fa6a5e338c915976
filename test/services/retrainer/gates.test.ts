// test/services/retrainer/gates.test.ts: each gate lets a sound challenger through, and refuses the one it is there for, naming the figures.
import { describe, expect, test } from 'vitest';
import { judgeGates } from '../../../services/retrainer/gates/all-gates.ts';
import { createBetterOrNewerGate } from '../../../services/retrainer/gates/better-or-newer.ts';
import type { GateFacts, WindowFacts } from '../../../services/retrainer/gates/gate.ts';
import { createLabelRateGate } from '../../../services/retrainer/gates/label-rate.ts';
import { comparePaired } from '../../../shared/evaluation/compare-paired.ts';
import { evaluateScores } from '../../../shared/evaluation/evaluate.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

const ROWS = 4_000;
const random = createRandom(5);
const draws = Array.from({ length: ROWS }, (_, row) => ({
  isFraud: random.chance(0.03),
  noise: random.between(0, 1),
  portfolio: row % 2 === 0 ? 'north' : 'south',
}));
const label = Uint8Array.from(draws, ({ isFraud }) => (isFraud ? 1 : 0));
const judged = {
  card: Uint32Array.from(draws, (_, row) => row % 500),
  day: Int32Array.from(draws, (_, row) => 20_000 + (row % 10)),
  label,
  segments: { portfolio: draws.map(({ portfolio }) => portfolio) },
};

/** Calibrated scores by construction: `known` of the frauds are seen at .6, the rest cannot be told apart. */
function scoresOf(known: number, southKnown = known): Float64Array {
  const isSeen = ({ isFraud, noise, portfolio }: (typeof draws)[number]): boolean =>
    isFraud ? noise < (portfolio === 'south' ? southKnown : known) : noise < 0.012;
  const seen = draws.filter(isSeen);
  const rate = seen.filter(({ isFraud }) => isFraud).length / Math.max(1, seen.length);
  const rest = draws.filter((one) => !isSeen(one));
  const restRate = rest.filter(({ isFraud }) => isFraud).length / rest.length;
  return Float64Array.from(draws, (one) => (isSeen(one) ? rate : restRate) * (1 - one.noise * 1e-6));
}

const merchant = { merchant: 'm', rows: 300, frauds: 20, promised: 24, order: 0.9, deviations: 6 };

function factsOf(challenger: Float64Array, champion: Float64Array, more: Partial<GateFacts> = {}): GateFacts {
  const window = { rows: ROWS, frauds: 120, fraudRate: 0.03 };
  return {
    comparison: comparePaired(judged, challenger, champion, { rounds: 200 }),
    challenger: evaluateScores({ ...judged, score: challenger }, { rounds: 0 }),
    champion: evaluateScores({ ...judged, score: champion }, { rounds: 0 }),
    windows: { training: window, calibration: window, test: window },
    trainedUntil: { challenger: '2026-03-01T00:00:00.000Z', champion: '2026-02-01T00:00:00.000Z' },
    parity: { rows: 2_000, largestDifference: 1e-6 },
    latency: { challengerMicros: 40, championMicros: 30 },
    golden: { rows: 64, largestDifference: 1e-6, notFinite: 0 },
    labels: { judgedMerchants: 9, mostReversed: merchant, mostSilent: merchant, frauds: 120, unexplained: 4 },
    ...more,
  };
}

/** Names of the gates that refuse. */
const refusing = (facts: GateFacts): string[] =>
  judgeGates(facts)
    .filter(({ passed }) => !passed)
    .map(({ gate }) => gate);

const good = scoresOf(0.7);
const better = scoresOf(0.9);

describe('the promotion gates', () => {
  test('let a better challenger through', () => {
    expect(refusing(factsOf(better, good))).toEqual([]);
  });

  test('let an equal one through when its data is newer, and only then', () => {
    expect(refusing(factsOf(good, good))).toEqual([]);
    const sameAge = { challenger: '2026-02-01T06:00:00.000Z', champion: '2026-02-01T00:00:00.000Z' };
    expect(refusing(factsOf(good, good, { trainedUntil: sameAge }))).toEqual(['better-or-newer']);
    const strict = createBetterOrNewerGate({ acceptsEqual: false, equalMargin: 0.01, newerByDays: 1 });
    expect(strict.judge(factsOf(good, good)).passed).toBe(false);
    expect(strict.judge(factsOf(better, good)).passed).toBe(true);
  });

  test('refuse a worse one with the difference and its interval', () => {
    const verdict = judgeGates(factsOf(good, better)).find(({ gate }) => gate === 'better-or-newer');
    expect(verdict).toMatchObject({ passed: false });
    expect(Number(verdict?.figures.upper)).toBeLessThan(0);
    expect(verdict?.sentence).toContain('difference');
  });

  test('refuse a better one that promises more than twice the fraud there is', () => {
    const boastful = better.map((score) => Math.sqrt(score));
    expect(refusing(factsOf(boastful, good))).toContain('calibrated');
  });

  test('refuse one that pays in one portfolio for its gain in another', () => {
    const oneSided = scoresOf(0.99, 0.3);
    const facts = factsOf(oneSided, good);
    expect(refusing(facts)).toContain('segments');
    const verdict = judgeGates(facts).find(({ gate }) => gate === 'segments');
    expect(verdict?.figures.segment).toBe('portfolio south');
  });

  test.each([
    ['latency', { latency: { challengerMicros: 400, championMicros: 30 } }],
    ['onnx-parity', { parity: { rows: 2_000, largestDifference: 0.5 } }],
    ['golden-rows', { golden: { rows: 64, largestDifference: 0, notFinite: 3 } }],
    ['golden-rows', { golden: { rows: 64, largestDifference: 0.01, notFinite: 0 } }],
  ] as const)('%s refuses what it is there for', (gate, broken) => {
    expect(refusing(factsOf(better, good, broken))).toEqual([gate]);
  });

  test('merchant-labels refuses a merchant turned round, and one whose promised fraud nobody reports', () => {
    const { labels } = factsOf(better, good);
    const reversed = { ...merchant, frauds: 280, order: 0.1, deviations: -7 };
    expect(refusing(factsOf(better, good, { labels: { ...labels, mostReversed: reversed } }))).toEqual([
      'merchant-labels',
    ]);
    const silent = { ...merchant, frauds: 1, promised: 30 };
    expect(refusing(factsOf(better, good, { labels: { ...labels, mostSilent: silent } }))).toEqual([
      'merchant-labels',
    ]);
    // New fraud there, which the champion did not promise: its order stays, however much there is.
    const grown = { ...merchant, frauds: 200, promised: 10, order: 0.6, deviations: 2 };
    expect(refusing(factsOf(better, good, { labels: { ...labels, mostReversed: grown } }))).toEqual([]);
  });

  test('label-noise refuses when much fraud looks like anything else to both models', () => {
    const { labels } = factsOf(better, good);
    expect(refusing(factsOf(better, good, { labels: { ...labels, unexplained: 40 } }))).toEqual([
      'label-noise',
    ]);
  });

  test('refuse too few labels, and a fraud rate that jumped', () => {
    const { windows } = factsOf(better, good);
    const few = { ...windows, test: { ...windows.test, frauds: 4 } };
    expect(refusing(factsOf(better, good, { windows: few }))).toEqual(['enough-labels']);
    const jumped = { ...windows, training: { ...windows.training, fraudRate: 0.2 } };
    expect(refusing(factsOf(better, good, { windows: jumped }))).toEqual(['label-rate']);
  });

  test('label-rate allows for the noise of the two windows that are apart, not of a third one', () => {
    const window = (frauds: number, fraudRate: number) => ({ rows: frauds / fraudRate, frauds, fraudRate });
    const judge = (training: WindowFacts, calibration: WindowFacts, test: WindowFacts) =>
      createLabelRateGate().judge(factsOf(good, good, { windows: { training, calibration, test } }));
    const apart = judge(window(10_000, 0.002), window(15, 0.005), window(10_000, 0.012));
    expect(apart.passed).toBe(false);
    expect(apart.figures.factor).toBeCloseTo(6);
    // A window that lies further off only by the noise of its few frauds hides nothing either.
    expect(judge(window(10_000, 0.002), window(3, 0.0012), window(10_000, 0.012)).passed).toBe(false);
    // Few frauds in all windows: as far apart is chance.
    expect(judge(window(30, 0.002), window(15, 0.005), window(20, 0.012)).passed).toBe(true);
  });
});
