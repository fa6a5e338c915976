// test/shared/simulation/summary.test.ts: counts of what was told, and the picture drawn from them.
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../../shared/simulation/picture.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { createSimulationCounter } from '../../../shared/simulation/summary.ts';

const counter = createSimulationCounter();
let transactions = 0;
for (const record of createSimulation({ seed: 4, portfolios: 2, cards: 150, days: 50, fraudRate: 0.01 })) {
  counter.add(record);
  if (record.kind === 'transaction') transactions += 1;
}
const counts = counter.read();
const sum = (values: Readonly<Record<string, number>>) =>
  Object.values(values).reduce((total, value) => total + value, 0);

describe('the summary of a simulation', () => {
  it('counts every transaction once per breakdown', () => {
    const { summary, amounts, hours, categories } = counts;
    expect(summary.transactions).toBe(transactions);
    expect(summary.portfolios).toBe(2);
    expect(sum(summary.byType)).toBe(transactions);
    expect(sum(summary.byTypology)).toBe(summary.frauds);
    for (const { genuine, fraud } of [amounts, hours, categories]) {
      expect(sum(genuine) + sum(fraud)).toBe(summary.decided);
      expect(sum(fraud)).toBe(summary.frauds);
    }
  });

  it('is drawn as an SVG that names every typology that acted', async () => {
    const svg = await drawPicture(counts, 'A portfolio');
    expect(svg.startsWith('<svg')).toBe(true);
    for (const name of Object.keys(counts.summary.byTypology)) expect(svg).toContain(name);
  });
});
