// test/services/retrainer/measure-labels.test.ts: labels turned round at one merchant and labels flipped by chance show; new fraud and honest labels do not.
import { describe, expect, test } from 'vitest';
import type { GateFacts } from '../../../services/retrainer/gates/gate.ts';
import { merchantLabelsGate } from '../../../services/retrainer/gates/merchant-labels.ts';
import { measureLabels } from '../../../services/retrainer/measure-labels.ts';
import { createRandom } from '../../../shared/simulation/random.ts';
import type { TrainingColumns } from '../../../shared/training-set/training-set.ts';

const ROWS = 3_000;

/** Ten merchants, 5 % fraud; both models see fraud with some doubt. `flip` turns a row's label round. */
function drawSet(flip: (merchant: string, draw: number, isFraud: boolean) => boolean) {
  const random = createRandom(3);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const isFraud = random.chance(0.05);
    const merchant = `m${row % 10}`;
    const doubt = () => random.normal() * 0.8;
    return {
      merchant,
      score: 1 / (1 + Math.exp(-((isFraud ? 2 : -3) + doubt()))),
      raw: (isFraud ? 2 : -3) + doubt(),
      label: isFraud !== flip(merchant, random.between(0, 1), isFraud) ? 1 : 0,
    };
  });
  return measureRows(rows);
}

interface DrawnRow {
  readonly merchant: string;
  /** The champion's. */
  readonly score: number;
  /** The challenger's. */
  readonly raw: number;
  readonly label: number;
}

function measureRows(rows: readonly DrawnRow[]) {
  const set: TrainingColumns = {
    inputs: ['x'],
    values: new Float32Array(rows.length),
    labels: Uint8Array.from(rows, ({ label }) => label),
    weights: new Float32Array(rows.length).fill(1),
    times: Float64Array.from(rows, (_, row) => row),
    knownAtMs: new Float64Array(rows.length).fill(Number.NaN),
    cards: Uint32Array.from(rows, (_, row) => row),
    windowOf: Uint8Array.from(rows, (_, row) => Math.floor((3 * row) / rows.length)),
    transactionIds: rows.map((_, row) => `t${row}`),
    portfolios: rows.map(() => 'default'),
    merchants: rows.map(({ merchant }) => merchant),
    rawScores: new Float64Array(rows.length),
    scores: new Float64Array(rows.length),
  };
  return measureLabels(set, {
    champion: Float64Array.from(rows, ({ score }) => score),
    challenger: Float32Array.from(rows, ({ raw }) => raw),
  });
}

/** A merchant's rows, alike to both models. */
const rowsAt = (merchant: string, count: number, of: (row: number) => { score: number; isFraud: boolean }) =>
  Array.from({ length: count }, (_, row): DrawnRow => {
    const { score, isFraud } = of(row);
    return { merchant, score, raw: score, label: isFraud ? 1 : 0 };
  });

/** The gate's answer needs nothing but the labels. */
const judge = (rows: readonly DrawnRow[]) =>
  merchantLabelsGate.judge({ labels: measureRows(rows) } as GateFacts);

describe('what labels look like to both models', () => {
  test('honest ones: every merchant in order, hardly a fraud unexplained', () => {
    const facts = drawSet(() => false);
    expect(facts.judgedMerchants).toBe(10);
    expect(facts.mostReversed?.order).toBeGreaterThan(0.9);
    expect(facts.unexplained / facts.frauds).toBeLessThan(0.02);
  });

  test('all of one merchant flipped: it is named, its order turned round', () => {
    const { mostReversed } = drawSet((merchant) => merchant === 'm4');
    expect(mostReversed?.merchant).toBe('m4');
    expect(mostReversed?.order).toBeLessThan(0.1);
    expect(mostReversed?.deviations).toBeLessThan(-4);
  });

  test('fraud of one merchant called genuine: it is named as silent', () => {
    const { mostSilent } = drawSet((merchant, _draw, isFraud) => merchant === 'm7' && isFraud);
    expect(mostSilent?.merchant).toBe('m7');
  });

  test('genuine rows called fraud by chance stand below the median as often as above', () => {
    const facts = drawSet((_merchant, draw) => draw < 0.03);
    expect(facts.unexplained / facts.frauds).toBeGreaterThan(0.08);
  });

  test('a merchant wholly turned round is not hidden by a large one whose order is a little low', () => {
    // Its order is about .45, which is many standard errors for so many rows.
    const large = rowsAt('large', 20_000, (row) => ({
      score: (row % 100) / 1_000,
      isFraud: Math.floor(row / 100) % 20 < (row % 100 < 60 ? 5 : 3),
    }));
    const turned = rowsAt('turned', 200, (row) => ({ score: row / 2_000, isFraud: row < 30 }));
    expect(judge(large).passed).toBe(true);
    expect(judge([...large, ...turned])).toMatchObject({
      passed: false,
      figures: { reversedMerchant: 'turned' },
    });
  });

  test('a silent merchant is not hidden by one of which as little is known, but too little was promised', () => {
    const small = rowsAt('small', 12, () => ({ score: 0.95, isFraud: false }));
    const silent = rowsAt('silent', 1_000, () => ({ score: 0.5, isFraud: false }));
    expect(judge(small).passed).toBe(true);
    expect(judge([...small, ...silent])).toMatchObject({
      passed: false,
      figures: { silentMerchant: 'silent' },
    });
  });
});
