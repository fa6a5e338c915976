// test/shared/simulation/fraud-phases.test.ts: fraud that changes its kind on a day: the same world before, only the named kinds afterwards.
import { expect, it } from 'vitest';
import { laterTypologies } from '../../../shared/simulation/fraud-phases.ts';
import type { SimulatedRecord } from '../../../shared/simulation/simulated-record.ts';
import { createSimulation, type SimulationOptions } from '../../../shared/simulation/simulation.ts';

const DAY_MS = 86_400_000;
const world: SimulationOptions = { seed: 23, cards: 150, days: 50, fraudRate: 0.02 };
const startMs = Date.parse('2025-01-01T00:00:00.000Z');
const without = 'card-testing';
const before = ['stolen-card', 'account-takeover', 'stored-card'];

const timeOf = (record: SimulatedRecord): number =>
  Date.parse(record.kind === 'transaction' ? record.transaction.eventTime : record.outcome.labeledAt);

/** Day of each fraud transaction, by typology. */
function fraudDays(options: SimulationOptions): Map<string, number[]> {
  const days = new Map<string, number[]>();
  for (const record of createSimulation(options)) {
    if (record.kind !== 'transaction' || record.truth.typology === undefined) continue;
    const { typology } = record.truth;
    days.set(typology, [...(days.get(typology) ?? []), (timeOf(record) - startMs) / DAY_MS]);
  }
  return days;
}

it('a change leaves everything before it as it would have been', () => {
  const early = { fromDay: 0, typologies: before };
  const still = [...createSimulation({ ...world, fraudPhases: [early] })];
  const changed = [
    ...createSimulation({ ...world, fraudPhases: [early, { fromDay: 25, typologies: [without] }] }),
  ];
  const isBefore = (record: SimulatedRecord) => timeOf(record) < startMs + 25 * DAY_MS;
  expect(changed.filter(isBefore)).toEqual(still.filter(isBefore));
  expect(changed).not.toEqual(still);
});

it('phases of all kinds at the usual rate change nothing', () => {
  const all = [...before, without, 'compromised-terminal', 'bust-out', 'mule-transfers', 'friendly-fraud'];
  const told = [...createSimulation({ ...world, fraudPhases: [{ fromDay: 10, typologies: all }] })];
  expect(told).toEqual([...createSimulation(world)]);
});

it('frauds that begin after the change are of the new kind, and none of that kind come before it', () => {
  const days = fraudDays({
    ...world,
    fraudPhases: [
      { fromDay: 0, typologies: before },
      { fromDay: 25, typologies: [without] },
    ],
  });
  expect(Math.min(...(days.get(without) ?? []))).toBeGreaterThanOrEqual(25);
  expect(days.get(without)?.length).toBeGreaterThan(5);
  expect([...days.keys()].every((name) => [...before, without].includes(name))).toBe(true);
});

it('a factor scales the rate, and no kind at all means no fraud', () => {
  const count = (rateFactor: number) =>
    [
      ...fraudDays({ ...world, fraudPhases: [{ fromDay: 0, typologies: before, rateFactor }] }).values(),
    ].flat().length;
  expect(count(3)).toBeGreaterThan(1.5 * count(1));
  expect(fraudDays({ ...world, fraudPhases: [{ fromDay: 0, typologies: [] }] }).size).toBe(0);
});

it('a kind that came later acts only where a phase names it', () => {
  const later = laterTypologies.map(({ name }) => name);
  expect([...fraudDays({ ...world, days: 100 }).keys()].filter((name) => later.includes(name))).toEqual([]);
  const named = fraudDays({ ...world, fraudPhases: [{ fromDay: 10, typologies: later }] });
  for (const name of later) expect(named.get(name)?.length).toBeGreaterThan(5);
});
