// test/shared/labels/resolve-label.test.ts: the label follows the published precedence, and no order of arrival changes it.
import { describe, expect, test } from 'vitest';
import type { LabelEvidence } from '../../../shared/labels/evidence.ts';
import { resolveLabel, resolveRepayment } from '../../../shared/labels/resolve-label.ts';
import { createEvidenceDraw, createShuffle, evidence, onDay, permutations } from '../../support/evidence.ts';

const labelOn = (day: number, ...pieces: LabelEvidence[]) => resolveLabel(pieces, onDay(day)).label;

const report = evidence('fraud-report', 'fraud', 10);
const chargeback = evidence('chargeback', 'fraud', 40, { disputeReasonCode: '10.4' });
const early = evidence('verdict', 'genuine', 2);
const late = evidence('verdict', 'genuine', 50, { source: 'second look' });

describe('precedence', () => {
  test('without evidence the label is unknown', () => {
    expect(labelOn(9)).toBe('unknown');
  });

  test('a verdict alone decides, from the instant it was known', () => {
    expect(labelOn(1, early)).toBe('unknown');
    expect(labelOn(2, early)).toBe('genuine');
  });

  test('a fraud report beats a verdict that could not know of it', () => {
    expect(labelOn(12, early, report)).toBe('fraud');
  });

  test('a chargeback beats a fraud report that says otherwise', () => {
    const takenAsGenuine = evidence('fraud-report', 'genuine', 60);
    expect(resolveLabel([takenAsGenuine, chargeback], onDay(90))).toMatchObject({
      label: 'fraud',
      decidedBy: 'chargeback',
    });
  });

  test('a verdict that had all of it on the table beats chargeback and report', () => {
    expect(labelOn(49, early, report, chargeback, late)).toBe('fraud');
    expect(labelOn(50, early, report, chargeback, late)).toBe('genuine');
  });

  test('of several verdicts the latest decides; at the same instant fraud does', () => {
    const other = evidence('verdict', 'fraud', 2, { source: 'other analyst' });
    expect(labelOn(9, early, other)).toBe('fraud');
    expect(labelOn(9, other, { ...early, labeledAt: onDay(3).toISOString() })).toBe('genuine');
  });

  test('a dispute over goods is no fraud, whatever its sender calls it; an unknown code is believed', () => {
    expect(labelOn(90, { ...chargeback, disputeReasonCode: '13.1' })).toBe('unknown');
    expect(labelOn(90, { ...chargeback, disputeReasonCode: 'Q7' })).toBe('fraud');
  });

  test('account outcomes never make a transaction fraud, and are resolved by themselves', () => {
    const paid = evidence('account-outcome', 'paid', 30);
    const unpaid = evidence('account-outcome', 'default', 60, { source: 'collections' });
    expect(labelOn(90, paid, unpaid)).toBe('unknown');
    expect(resolveRepayment([unpaid, paid, report], onDay(59)).label).toBe('paid');
    expect(resolveRepayment([unpaid, paid, report], onDay(60)).label).toBe('default');
  });
});

describe('actions', () => {
  const piece = { source: 'network', evidenceId: 'case-7' } as const;
  const opened = evidence('chargeback', 'fraud', 10, { ...piece, fraudType: 'stolen' });
  const closed = evidence('chargeback', 'fraud', 20, { ...piece, action: 'close' });

  test('close withdraws a piece, reopen lets it stand again', () => {
    const reopened = evidence('chargeback', 'fraud', 30, { ...piece, action: 'reopen' });
    const all = [reopened, closed, opened];
    expect([9, 15, 25, 35].map((day) => labelOn(day, ...all))).toEqual([
      'unknown',
      'fraud',
      'unknown',
      'fraud',
    ]);
  });

  test('update changes what a piece says and does not raise a closed one', () => {
    const update = evidence('chargeback', 'genuine', 12, { ...piece, action: 'update' });
    expect(labelOn(15, opened, update)).toBe('genuine');
    const afterClose = evidence('chargeback', 'fraud', 25, { ...piece, action: 'update' });
    expect(labelOn(30, opened, closed, afterClose)).toBe('unknown');
  });

  test('duplicate says nothing, alone or beside others', () => {
    const again = evidence('chargeback', 'genuine', 90, { ...piece, action: 'duplicate' });
    expect(labelOn(99, again)).toBe('unknown');
    expect(resolveLabel([again, opened], onDay(99))).toEqual(resolveLabel([opened], onDay(99)));
  });

  test('another case of the same source is another piece', () => {
    const otherCase = evidence('chargeback', 'fraud', 5, { ...piece, evidenceId: 'case-8' });
    expect(labelOn(25, opened, closed, otherCase)).toBe('fraud');
  });
});

describe('arrival', () => {
  test('every permutation of up to five conflicting pieces gives one label at every instant', () => {
    const draw = createEvidenceDraw(11);
    const hand = [
      report,
      chargeback,
      early,
      late,
      evidence('chargeback', 'genuine', 45, { action: 'close' }),
    ];
    const sets = [hand, ...Array.from({ length: 60 }, (_, index) => draw((index % 5) + 1))];
    let compared = 0;
    for (const pieces of sets) {
      for (const day of [1, 4, 8, 90]) {
        const expected = resolveLabel(pieces, onDay(day));
        for (const order of permutations(pieces)) {
          expect(resolveLabel(order, onDay(day))).toEqual(expected);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(5_000);
  });

  test('10,000 random longer histories give the same label shuffled, repeated and cut at the instant', () => {
    const draw = createEvidenceDraw(12);
    const shuffle = createShuffle(13);
    const seen = new Set<string>();
    for (let history = 0; history < 10_000; history++) {
      const records = draw(6 + (history % 15));
      const at = onDay(history % 9);
      const expected = resolveLabel(records, at);
      const known = records.filter(({ labeledAt }) => Date.parse(labeledAt) <= at.getTime());
      expect(resolveLabel(shuffle([...records, ...records.slice(0, 3)]), at)).toEqual(expected);
      expect(resolveLabel(shuffle(known), at)).toEqual(expected);
      seen.add(expected.label === 'unknown' ? 'unknown' : `${expected.label} by ${expected.decidedBy}`);
    }
    // The draw reaches every branch, or the comparison would say little.
    expect(seen.size).toBe(7);
  });
});
