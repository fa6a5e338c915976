// test/services/retrainer/measure-labels.test.ts: labels turned round at one merchant and labels flipped by chance show; new fraud and honest labels do not.
import { describe, expect, test } from 'vitest';
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
  const set: TrainingColumns = {
    inputs: ['x'],
    values: new Float32Array(ROWS),
    labels: Uint8Array.from(rows, ({ label }) => label),
    weights: new Float32Array(ROWS).fill(1),
    times: Float64Array.from(rows, (_, row) => row),
    knownAtMs: new Float64Array(ROWS).fill(Number.NaN),
    cards: Uint32Array.from(rows, (_, row) => row),
    windowOf: Uint8Array.from(rows, (_, row) => Math.floor((3 * row) / ROWS)),
    transactionIds: rows.map((_, row) => `t${row}`),
    portfolios: rows.map(() => 'default'),
    merchants: rows.map(({ merchant }) => merchant),
    rawScores: new Float64Array(ROWS),
    scores: new Float64Array(ROWS),
  };
  return measureLabels(set, {
    champion: Float64Array.from(rows, ({ score }) => score),
    challenger: Float32Array.from(rows, ({ raw }) => raw),
  });
}

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
});
