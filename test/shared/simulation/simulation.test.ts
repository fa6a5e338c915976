// test/shared/simulation/simulation.test.ts: the simulated world: repeatable, ordered, truthful, varied, and never a card number.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { outcomeSchema } from '../../../shared/domain/outcome.ts';
import { isDecided, transactionSchema } from '../../../shared/domain/transaction.ts';
import type { SimulatedRecord, SimulatedTransaction } from '../../../shared/simulation/simulated-record.ts';
import {
  createSimulation,
  drawTraits,
  type SimulationOptions,
} from '../../../shared/simulation/simulation.ts';

const world: SimulationOptions = {
  seed: 11,
  portfolios: 2,
  cards: 250,
  days: 90,
  domain: 'any',
  fraudRate: 0.01,
};
const records = [...createSimulation(world)];
const transactions = records.filter(
  (record): record is SimulatedTransaction => record.kind === 'transaction',
);

function digestOf(stream: Iterable<SimulatedRecord>): string {
  const hash = createHash('sha256');
  for (const record of stream) hash.update(JSON.stringify(record));
  return hash.digest('hex');
}

const timeOf = (record: SimulatedRecord) =>
  record.kind === 'transaction' ? record.transaction.eventTime : record.outcome.labeledAt;

describe('the simulation', () => {
  it('tells the same bytes for the same seed, and others for another', () => {
    const small = { ...world, cards: 60, days: 30 };
    const first = digestOf(createSimulation(small));
    expect(digestOf(createSimulation(small))).toBe(first);
    expect(digestOf(createSimulation({ ...small, seed: 12 }))).not.toBe(first);
  });

  it('begins a longer run with the records of a shorter one', () => {
    const short = [...createSimulation({ ...world, cards: 60, days: 20 })];
    const long = createSimulation({ ...world, cards: 60, days: 40 })[Symbol.iterator]();
    const beginning = short.map(() => long.next().value);
    expect(beginning).toEqual(short);
  });

  it('tells transactions and outcomes in order of time', () => {
    const times = records.map(timeOf);
    expect(times).toEqual([...times].sort());
  });

  it('yields only what the schemas accept', () => {
    const refused = records.filter((record) => {
      const schema = record.kind === 'transaction' ? transactionSchema : outcomeSchema;
      const value: unknown = record.kind === 'transaction' ? record.transaction : record.outcome;
      return !schema.safeParse(JSON.parse(JSON.stringify(value))).success;
    });
    expect(refused).toEqual([]);
  });

  it('gives every transaction an id of its own', () => {
    expect(new Set(transactions.map(({ transaction }) => transaction.transactionId)).size).toBe(
      transactions.length,
    );
  });

  it('keeps the truth beside the transaction, never in it', () => {
    const words = /fraud|stolen|typolog|genuine|takeover|bust|mule|testing|compromised/i;
    expect(transactions.filter(({ transaction }) => words.test(JSON.stringify(transaction)))).toEqual([]);
  });

  it('holds no run of digits long enough for a card number', () => {
    const digits = /\d(?:[ .-]?\d){11}/;
    const times = new Set(['eventTime', 'transactionTime', 'labeledAt']);
    const found = records
      .flatMap((record) =>
        Object.entries(record.kind === 'transaction' ? record.transaction : record.outcome),
      )
      .filter(([field, value]) => !times.has(field) && digits.test(JSON.stringify(value) ?? ''));
    expect(found).toEqual([]);
  });

  it('keeps the fraud rate it was asked for, roughly, and lets every typology of a mixed portfolio act', () => {
    const wide = createSimulation({ seed: 3, cards: 800, days: 75, domain: 'mixed', fraudRate: 0.02 });
    const typologies = new Set<string>();
    let [decided, frauds] = [0, 0];
    for (const record of wide) {
      if (record.kind !== 'transaction' || !isDecided(record.transaction)) continue;
      decided += 1;
      if (record.truth.label === 'fraud') frauds += 1;
      if (record.truth.typology) typologies.add(record.truth.typology);
    }
    expect(frauds / decided).toBeGreaterThan(0.012);
    expect(frauds / decided).toBeLessThan(0.028);
    expect([...typologies].sort()).toEqual([
      'account-takeover',
      'bust-out',
      'card-testing',
      'compromised-terminal',
      'friendly-fraud',
      'mule-transfers',
      'stolen-card',
      'stored-card',
    ]);
  });

  it('labels only decided transactions as fraud', () => {
    const frauds = transactions.filter(({ truth }) => truth.label === 'fraud');
    expect(frauds.length).toBeGreaterThan(0);
    expect(frauds.every(({ transaction }) => isDecided(transaction))).toBe(true);
  });

  it('lets applied events refer to a transaction of the same card told before', () => {
    const told = new Map<string, string>();
    const strangers: string[] = [];
    let referring = 0;
    for (const { transaction } of transactions) {
      const { originalTransactionId: original } = transaction;
      if (original !== undefined) {
        referring += 1;
        if (told.get(original) !== transaction.cardToken) strangers.push(transaction.transactionId);
      }
      told.set(transaction.transactionId, transaction.cardToken);
    }
    expect(strangers).toEqual([]);
    expect(referring).toBeGreaterThan(0);
  });

  it('draws portfolios that differ in rate, country, fields and habits', () => {
    const traits = drawTraits({ seed: 1, portfolios: 24, domain: 'any' });
    const distinct = (read: (one: (typeof traits)[number]) => unknown) => new Set(traits.map(read)).size;
    expect(distinct(({ homes }) => homes.map(({ country }) => country.code).join())).toBeGreaterThan(15);
    expect(distinct(({ fields }) => [...fields].join())).toBeGreaterThan(15);
    expect(distinct(({ domain }) => domain)).toBe(3);
    const rates = traits.map(({ fraudRate }) => fraudRate).sort((one, other) => one - other);
    expect(rates[0]).toBeGreaterThanOrEqual(0.0002);
    expect(rates.at(-1)).toBeLessThanOrEqual(0.01);
    expect((rates.at(-1) ?? 0) / (rates[0] ?? 1)).toBeGreaterThan(8);
  });

  it('leaves card-present payments out of a card-not-present portfolio, and the other way round', () => {
    const modesOf = (domain: 'card-not-present' | 'point-of-sale') => {
      const modes = new Set<string | undefined>();
      for (const record of createSimulation({ seed: 5, cards: 120, days: 40, domain, fraudRate: 0.01 })) {
        if (record.kind === 'transaction' && isDecided(record.transaction))
          modes.add(record.transaction.entryMode);
      }
      return modes;
    };
    const remote = modesOf('card-not-present');
    const present = modesOf('point-of-sale');
    for (const mode of ['chip', 'contactless', 'magstripe', 'atm']) expect(remote.has(mode)).toBe(false);
    for (const mode of ['ecommerce', 'credential-on-file', 'recurring'])
      expect(present.has(mode)).toBe(false);
  });

  it('tells no applied events when asked for none', () => {
    for (const record of createSimulation({ seed: 5, cards: 80, days: 40, appliedEvents: false })) {
      if (record.kind === 'transaction') expect(isDecided(record.transaction)).toBe(true);
    }
  });
});
