// test/shared/edge/parse-outcome.test.ts: outcomes meet the same edge as transactions, and their times make sense.
import { describe, expect, it } from 'vitest';
import { parseOutcome } from '../../../shared/edge/parse-outcome.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const outcome = {
  outcomeId: 'o-1',
  kind: 'chargeback',
  transactionId: 'tx-1',
  cardToken: 'tok_1',
  transactionTime: '2026-08-01T10:00:00Z',
  label: 'fraud',
  labeledAt: '2026-11-20T10:00:00Z',
};
const parse = (change: object = {}, key = 'tok_1') =>
  parseOutcome(Buffer.from(JSON.stringify({ ...outcome, ...change })), Buffer.from(key), now);
const refusal = (change: object, key = 'tok_1') => {
  const parsed = parse(change, key);
  return parsed.kind === 'invalid' ? [parsed.error.code, parsed.error.field] : parsed.kind;
};

describe('an outcome', () => {
  it('is accepted with both its times in milliseconds', () => {
    expect(parse({ extra: 1 })).toMatchObject({
      kind: 'ok',
      outcome: { ...outcome, portfolioId: 'default', action: 'new' },
      transactionTimeMs: Date.parse(outcome.transactionTime),
      labeledAtMs: Date.parse(outcome.labeledAt),
      unknownFields: 1,
    });
  });

  it('is refused when it was known before its transaction happened', () => {
    expect(refusal({ labeledAt: '2026-07-31T10:00:00Z' })).toEqual(['FRAUD_FIELD_INVALID', 'labeledAt']);
  });

  it('is refused when its times are too far from the clock', () => {
    expect(refusal({ labeledAt: '2100-01-01T00:00:00Z' })).toEqual([
      'FRAUD_EVENT_TIME_IMPLAUSIBLE',
      'labeledAt',
    ]);
    expect(refusal({ transactionTime: '1970-01-01T00:00:00Z' })).toEqual([
      'FRAUD_EVENT_TIME_IMPLAUSIBLE',
      'transactionTime',
    ]);
  });

  it('is refused with another card as key, an unknown label or a card number in its text', () => {
    expect(refusal({}, 'tok_2')).toEqual(['FRAUD_RECORD_KEY_MISMATCH', 'cardToken']);
    expect(refusal({ label: 'bad' })).toEqual(['FRAUD_FIELD_INVALID', 'label']);
    expect(refusal({ author: 'call 4539578763621486' })).toEqual(['FRAUD_CARD_NUMBER_PRESENT', 'author']);
  });
});
