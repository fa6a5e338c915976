// test/shared/simulation/outcomes.test.ts: how the simulated truth comes back: late, in stages, and sometimes never.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';

const DAY_MS = 86_400_000;
const frauds = new Set<string>();
const replacements: { from: string; to: string }[] = [];
const outcomes: Outcome[] = [];
for (const record of createSimulation({
  seed: 21,
  cards: 700,
  days: 260,
  domain: 'mixed',
  fraudRate: 0.01,
})) {
  if (record.kind === 'outcome') outcomes.push(record.outcome);
  else {
    const { transaction, truth } = record;
    if (truth.label === 'fraud') frauds.add(transaction.transactionId);
    if (transaction.replacesCardToken) {
      replacements.push({ from: transaction.replacesCardToken, to: transaction.cardToken });
    }
  }
}

/** Days from transaction to label, ascending. */
function delaysOf(kind: Outcome['kind']): number[] {
  return outcomes
    .filter((outcome) => outcome.kind === kind && outcome.label === 'fraud')
    .map(({ labeledAt, transactionTime }) => (Date.parse(labeledAt) - Date.parse(transactionTime)) / DAY_MS)
    .sort((one, other) => one - other);
}
const medianOf = (values: number[]) => values[values.length >> 1] ?? Number.NaN;

describe('simulated outcomes', () => {
  it('come as verdicts in days, fraud reports in weeks, chargebacks in months', () => {
    expect(medianOf(delaysOf('verdict'))).toBeLessThan(5);
    expect(medianOf(delaysOf('fraud-report'))).toBeGreaterThan(7);
    expect(medianOf(delaysOf('fraud-report'))).toBeLessThan(30);
    expect(medianOf(delaysOf('chargeback'))).toBeGreaterThan(30);
  });

  it('leave some fraud unknown for ever, and most of it known in the end', () => {
    const known = new Set(
      outcomes.filter(({ label }) => label === 'fraud').map(({ transactionId }) => transactionId),
    );
    const share = [...frauds].filter((id) => known.has(id)).length / frauds.size;
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.97);
  });

  it('call nothing fraud that was none', () => {
    for (const { label, transactionId } of outcomes) {
      if (label === 'fraud') expect(frauds.has(transactionId)).toBe(true);
      if (label === 'genuine') expect(frauds.has(transactionId)).toBe(false);
    }
  });

  it('never come before their transaction', () => {
    for (const { labeledAt, transactionTime } of outcomes) expect(labeledAt > transactionTime).toBe(true);
  });

  it('lead to new cards that name the one they replace', () => {
    expect(replacements.length).toBeGreaterThan(10);
    for (const { from, to } of replacements) expect(to).not.toBe(from);
    expect(new Set(replacements.map(({ from }) => from)).size).toBe(replacements.length);
  });

  it('tell of accounts that default and of many more that pay', () => {
    const labels = outcomes.filter(({ kind }) => kind === 'account-outcome').map(({ label }) => label);
    const defaults = labels.filter((label) => label === 'default').length;
    expect(defaults).toBeGreaterThan(0);
    expect(defaults / labels.length).toBeLessThan(0.15);
  });
});
