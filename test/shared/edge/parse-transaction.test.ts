// test/shared/edge/parse-transaction.test.ts: every way a record can be wrong has its own reason, and no value is echoed.
import { describe, expect, it } from 'vitest';
import { defaultEdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { parseTransaction } from '../../../shared/edge/parse-transaction.ts';
import { grouped, publishedTestNumbers } from '../../support/card-numbers.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const minimal = {
  transactionId: 'tx-1',
  eventTime: '2026-11-24T09:59:00Z',
  cardToken: 'tok_1',
  amountMinor: 1250,
  currency: 'EUR',
};
const text = JSON.stringify(minimal);
const parse = (value: string | Uint8Array | null, key: string | null = 'tok_1') =>
  parseTransaction(
    typeof value === 'string' ? Buffer.from(value) : value,
    key === null ? null : Buffer.from(key),
    now,
  );
const refusal = (value: string | Uint8Array | null, key: string | null = 'tok_1') => {
  const parsed = parse(value, key);
  return parsed.kind === 'invalid' ? [parsed.error.code, parsed.error.field] : parsed.kind;
};
const changed = (change: object) => JSON.stringify({ ...minimal, ...change });
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('a valid record', () => {
  it('is accepted with the five obligatory fields alone, defaults filled in', () => {
    expect(parse(text)).toMatchObject({
      kind: 'ok',
      transaction: { ...minimal, type: 'authorization', portfolioId: 'default' },
      eventTimeMs: Date.parse(minimal.eventTime),
      unknownFields: 0,
    });
  });

  it('keeps its place when it has unknown fields, which are counted', () => {
    const parsed = parse(
      changed({ loyaltyTier: 'gold', merchant: { id: 'm1', floor: 2 }, extra: { a: [1] } }),
    );
    expect(parsed).toMatchObject({ kind: 'ok', unknownFields: 3 });
  });

  it('may have numeric ids and names beyond ASCII', () => {
    const parsed = parse(
      changed({ transactionId: '4539578763621486', merchant: { city: 'Łódź', name: '寿司' } }),
    );
    expect(parsed).toMatchObject({ kind: 'ok', idsLikeCardNumbers: 1 });
  });
});

describe('an invalid record', () => {
  it.each([
    ['a tombstone', null, 'FRAUD_RECORD_EMPTY', undefined],
    ['no bytes', '', 'FRAUD_RECORD_EMPTY', undefined],
    ['text that is not JSON', 'hello', 'FRAUD_RECORD_NOT_JSON', undefined],
    ['an array', `[${text}]`, 'FRAUD_RECORD_NOT_JSON', undefined],
    ['null', 'null', 'FRAUD_RECORD_NOT_JSON', undefined],
    ['NaN as amount', text.replace('1250', 'NaN'), 'FRAUD_RECORD_NOT_JSON', undefined],
    ['half a record', text.slice(0, 50), 'FRAUD_RECORD_TRUNCATED', undefined],
    ['a string of 1 MB', changed({ note: 'a'.repeat(1_000_000) }), 'FRAUD_RECORD_TOO_LARGE', undefined],
    ['10,000 nested objects', nested(10_000), 'FRAUD_RECORD_TOO_DEEP', undefined],
    [
      '10,000 nested arrays in a field',
      `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      'FRAUD_RECORD_TOO_DEEP',
      undefined,
    ],
    ['30,000 brackets that never close', '['.repeat(30_000), 'FRAUD_RECORD_TOO_DEEP', undefined],
    ['a __proto__ key', `{"__proto__":{"a":1},${text.slice(1)}`, 'FRAUD_FIELD_FORBIDDEN', 'the record'],
    [
      'an escaped __proto__ key',
      `{"\\u005f_proto__":{"a":1},${text.slice(1)}`,
      'FRAUD_FIELD_FORBIDDEN',
      'the record',
    ],
    [
      'a __proto__ key below merchant',
      text.replace('}', ',"merchant":{"__proto__":{"mcc":"5411"}}}'),
      'FRAUD_FIELD_FORBIDDEN',
      'merchant',
    ],
    ['a negative amount', changed({ amountMinor: -1 }), 'FRAUD_AMOUNT_INVALID', 'amountMinor'],
    [
      'an amount of 2^53 + 1',
      text.replace('1250', '9007199254740993'),
      'FRAUD_AMOUNT_INVALID',
      'amountMinor',
    ],
    ['a fraction of a cent', changed({ amountMinor: 12.5 }), 'FRAUD_AMOUNT_INVALID', 'amountMinor'],
    ['an amount as text', changed({ amountMinor: '1250' }), 'FRAUD_AMOUNT_INVALID', 'amountMinor'],
    ['no amount', changed({ amountMinor: undefined }), 'FRAUD_AMOUNT_INVALID', 'amountMinor'],
    ['an unknown currency', changed({ currency: 'XQQ' }), 'FRAUD_CURRENCY_UNKNOWN', 'currency'],
    [
      'an unknown billing currency',
      changed({ billingCurrency: 'XQQ' }),
      'FRAUD_CURRENCY_UNKNOWN',
      'billingCurrency',
    ],
    ['a currency in small letters', changed({ currency: 'eur' }), 'FRAUD_FIELD_INVALID', 'currency'],
    [
      'a time in 1970',
      changed({ eventTime: '1970-01-01T00:00:00Z' }),
      'FRAUD_EVENT_TIME_IMPLAUSIBLE',
      'eventTime',
    ],
    [
      'a time in 2100',
      changed({ eventTime: '2100-01-01T00:00:00Z' }),
      'FRAUD_EVENT_TIME_IMPLAUSIBLE',
      'eventTime',
    ],
    [
      'a time without zone',
      changed({ eventTime: '2026-11-24T09:59:00' }),
      'FRAUD_FIELD_INVALID',
      'eventTime',
    ],
    [
      'the 30th of February',
      changed({ eventTime: '2026-02-30T09:59:00Z' }),
      'FRAUD_FIELD_INVALID',
      'eventTime',
    ],
    ['an MCC of three digits', changed({ merchant: { mcc: '541' } }), 'FRAUD_FIELD_INVALID', 'merchant.mcc'],
    [
      'an id of 65 characters',
      changed({ transactionId: 'x'.repeat(65) }),
      'FRAUD_FIELD_INVALID',
      'transactionId',
    ],
    ['an id with a bar', changed({ accountId: 'a|b' }), 'FRAUD_FIELD_INVALID', 'accountId'],
    [
      'a line break in a name',
      changed({ merchant: { name: 'a\nb' } }),
      'FRAUD_FIELD_INVALID',
      'merchant.name',
    ],
    [
      'half a character in a name',
      changed({ merchant: { name: 'a\ud800b' } }),
      'FRAUD_FIELD_INVALID',
      'merchant.name',
    ],
  ])('with %s is refused with its own reason', (_name, value, code, field) => {
    expect(refusal(value)).toEqual([code, field]);
  });

  it('that is no UTF-8 is refused', () => {
    const value = Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\u00e9"}', 'latin1')]);
    expect(refusal(value)).toEqual(['FRAUD_RECORD_NOT_UTF8', undefined]);
  });

  it('without key, or with the key of another card, is refused', () => {
    expect(refusal(text, null)).toEqual(['FRAUD_RECORD_KEY_MISSING', undefined]);
    expect(refusal(text, '')).toEqual(['FRAUD_RECORD_KEY_MISSING', undefined]);
    expect(refusal(text, 'tok_2')).toEqual(['FRAUD_RECORD_KEY_MISMATCH', 'cardToken']);
  });

  it('leaves the prototypes of objects alone', () => {
    parse(`{"__proto__":{"polluted":1},${text.slice(1)}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('is kept byte for byte when there is no card number in it', () => {
    const parsed = parse(changed({ amountMinor: -1 }));
    expect(parsed).not.toHaveProperty('masked');
    expect(parsed).not.toHaveProperty('maskedKey');
  });

  it('never has its values in the error', () => {
    const secret = 'ZEBRA-7731';
    const values = [
      `{"amountMinor":"${secret}"}`,
      `{"${secret}`,
      secret,
      changed({ currency: secret, [secret]: 1 }),
    ];
    for (const value of values) {
      const parsed = parse(value);
      if (parsed.kind !== 'invalid') throw new Error('expected a refusal');
      expect(`${parsed.error.message} ${parsed.error.stack} ${parsed.error.cause}`).not.toContain(secret);
    }
  });
});

describe('a planted card number', () => {
  const fields = [
    'transactionId',
    'portfolioId',
    'type',
    'originalTransactionId',
    'eventTime',
    'cardToken',
    'accountId',
    'customerId',
    'currency',
    'billingCurrency',
    'acquirerId',
    'entryMode',
    'authorizationResponse',
    'deviceId',
    'ipCountry',
    'replacesCardToken',
    'note',
  ];
  const below = (parent: string, keys: string[]) =>
    keys.map((key) => (value: string) => ({ [parent]: { [key]: value } }));
  const plants = [
    ...fields.map((field) => (value: string) => ({ [field]: value })),
    ...below('merchant', ['id', 'terminalId', 'mcc', 'country', 'city', 'name', 'floor']),
    ...below('authentication', ['cvv', 'avs', 'threeDSecure', 'pin']),
  ];

  const planted = publishedTestNumbers.flatMap((digits) =>
    ['', ' ', '-', '.'].flatMap((separator) =>
      plants.map((plant) => ({ value: grouped(digits, separator), plant })),
    ),
  );
  const leakOf = ({ value, plant }: (typeof planted)[number]) => {
    const parsed = parse(changed(plant(value)));
    if (parsed.kind === 'ok') return [`${value} accepted`];
    if (parsed.error.code !== 'FRAUD_CARD_NUMBER_PRESENT') return [`${value} ${parsed.error.code}`];
    return parsed.masked && !Buffer.from(parsed.masked).includes(value) ? [] : [`${value} not masked`];
  };

  it('is refused in every string field, with separators and without, and masked', () => {
    expect(planted.length).toBeGreaterThan(1_000);
    expect(planted.flatMap(leakOf)).toEqual([]);
  });

  it('is refused and masked in the record key', () => {
    const parsed = parse(text, '4111-1111-1111-1111');
    expect(parsed).toMatchObject({
      kind: 'invalid',
      error: { code: 'FRAUD_CARD_NUMBER_PRESENT', field: 'key' },
    });
    expect(parsed.kind === 'invalid' && Buffer.from(parsed.maskedKey ?? '').toString()).toBe(
      '****-****-****-****',
    );
  });

  it('is masked whatever the reason of the refusal', () => {
    const parsed = parse(`{"pan":"4111111111111111"`);
    expect(parsed).toMatchObject({ kind: 'invalid', error: { code: 'FRAUD_RECORD_TRUNCATED' } });
    expect(parsed.kind === 'invalid' && Buffer.from(parsed.masked ?? '').toString()).toBe(
      '{"pan":"****************"',
    );
  });
});

describe('settings of the edge', () => {
  it('let a clock that is driven by event time accept old records', () => {
    const old = changed({ eventTime: '2018-06-01T00:00:00Z' });
    const parsed = parseTransaction(
      Buffer.from(old),
      Buffer.from('tok_1'),
      Date.parse('2018-06-01T00:00:00Z'),
    );
    expect(parsed.kind).toBe('ok');
  });

  it('can refuse plain digits that look like a card number in ids, too', () => {
    const value = Buffer.from(changed({ accountId: '4539578763621486' }));
    const strict = { ...defaultEdgeSettings, idRule: 'strict' as const };
    expect(parseTransaction(value, Buffer.from('tok_1'), now, strict)).toMatchObject({ kind: 'invalid' });
  });
});
