// test/shared/sequence/label-marks.test.ts: what an outcome marks in the histories: its label, none for a duplicate, unknown again for what was withdrawn.
import { expect, test } from 'vitest';
import { labelMarksOf } from '../../../shared/sequence/label-marks.ts';
import { LABELS } from '../../../shared/sequence/packed-event.ts';
import { outcomeOf } from '../../support/archive-records.ts';

const labelsOf = (more: Parameters<typeof outcomeOf>[3]) =>
  labelMarksOf(outcomeOf('t', 1, 5, { merchantKey: 'm', ...more })).map(({ label }) => label);

test('a label is marked for card and merchant, and for an account where one is named', () => {
  expect(labelsOf({})).toEqual([LABELS.fraud, LABELS.fraud]);
  expect(labelsOf({ label: 'genuine', accountId: 'a' })).toEqual([
    LABELS.genuine,
    LABELS.genuine,
    LABELS.genuine,
  ]);
});

test('a duplicate, an account outcome and a dispute over goods mark nothing', () => {
  expect(labelsOf({ action: 'duplicate' })).toEqual([]);
  expect(labelsOf({ kind: 'account-outcome', label: 'default' })).toEqual([]);
  expect(labelsOf({ kind: 'chargeback', disputeReasonCode: '13.1' })).toEqual([]);
  expect(labelsOf({ kind: 'chargeback', disputeReasonCode: '10.4' })).toEqual([LABELS.fraud, LABELS.fraud]);
});

test('what is withdrawn is unknown again, and known again when it is reopened', () => {
  expect(labelsOf({ action: 'close' })).toEqual([LABELS.unknown, LABELS.unknown]);
  expect(labelsOf({ action: 'reopen' })).toEqual([LABELS.fraud, LABELS.fraud]);
});
