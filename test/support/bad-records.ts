// test/support/bad-records.ts: records that must become dead letters, each with its reason: the invalid examples and what no file can hold.
import { examplesClockMs, readExamples } from './examples.ts';

export interface BadRecord {
  readonly name: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly code: string;
}

const card = 'tok_5b1e77c0';
const key = Buffer.from(card);

/** @param nowMs the clock the records are judged by */
export function makeBadRecords(nowMs: number): BadRecord[] {
  const transaction = {
    transactionId: 'tx-bad',
    eventTime: new Date(nowMs).toISOString(),
    cardToken: card,
    amountMinor: 1250,
    currency: 'EUR',
  };
  const text = JSON.stringify(transaction);
  const changed = (change: object) => JSON.stringify({ ...transaction, ...change });
  const bad = (name: string, code: string, value: string | Uint8Array | null): BadRecord => ({
    name,
    code,
    key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  });
  const notUtf8 = Buffer.concat([
    Buffer.from(`${text.slice(0, -1)},"note":"`),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}'),
  ]);
  return [
    bad('tombstone', 'FRAUD_RECORD_EMPTY', null),
    bad('empty value', 'FRAUD_RECORD_EMPTY', ''),
    bad('not JSON', 'FRAUD_RECORD_NOT_JSON', 'a payment of 12.50'),
    bad('truncated', 'FRAUD_RECORD_TRUNCATED', text.slice(0, 60)),
    bad('not UTF-8', 'FRAUD_RECORD_NOT_UTF8', notUtf8),
    bad('string of 1 MB', 'FRAUD_RECORD_TOO_LARGE', changed({ note: 'x'.repeat(1_000_000) })),
    bad('depth 10,000', 'FRAUD_RECORD_TOO_DEEP', `{"note":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    bad('__proto__', 'FRAUD_FIELD_FORBIDDEN', `{"__proto__":{"amountMinor":0},${text.slice(1)}`),
    bad('NaN amount', 'FRAUD_RECORD_NOT_JSON', text.replace('1250', 'NaN')),
    bad('negative amount', 'FRAUD_AMOUNT_INVALID', changed({ amountMinor: -1 })),
    bad('amount 2^53 + 1', 'FRAUD_AMOUNT_INVALID', text.replace('1250', '9007199254740993')),
    bad('unknown currency', 'FRAUD_CURRENCY_UNKNOWN', changed({ currency: 'XQQ' })),
    bad('time in 1970', 'FRAUD_EVENT_TIME_IMPLAUSIBLE', changed({ eventTime: '1970-01-01T00:00:00Z' })),
    bad('time in 2100', 'FRAUD_EVENT_TIME_IMPLAUSIBLE', changed({ eventTime: '2100-01-01T00:00:00Z' })),
    { ...bad('null key', 'FRAUD_RECORD_KEY_MISSING', text), key: null },
    { ...bad('key of another card', 'FRAUD_RECORD_KEY_MISMATCH', text), key: Buffer.from('tok_other') },
    ...invalidExamples(nowMs),
  ];
}

/** The invalid examples, keyed by their card token; times of the examples' day are moved to the clock's. */
function invalidExamples(nowMs: number): BadRecord[] {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const examplesDay = new Date(examplesClockMs).toISOString().slice(0, 10);
  return readExamples('transaction').flatMap(({ file, bytes, code }) => {
    if (code === undefined) return [];
    const text = bytes.toString().replaceAll(examplesDay, today);
    const token = /"cardToken": "([^"]*)"/.exec(text)?.[1] ?? card;
    return [{ name: file, code, key: Buffer.from(token), value: Buffer.from(text) }];
  });
}
