// test/shared/replay/mapping.test.ts: mappings are checked whole, and the shipped ones name every category of their file.
import { describe, expect, it } from 'vitest';
import { categoryOf } from '../../../shared/features/codes.ts';
import { loadMapping, parseMapping } from '../../../shared/replay/mapping.ts';

const good = `
name: bank
description: A bank's export.
time: { column: booked_at, format: iso }
amount: { column: amount, unit: major }
currency: { constant: EUR }
fields:
  transactionId: { column: id }
  cardToken: { column: card, prefix: tok_ }
`;

describe('a mapping', () => {
  it('has defaults for all that it leaves out', () => {
    const mapping = parseMapping(good, 'good');
    expect(mapping.time.zone).toBe('UTC');
    expect(mapping.ignoredColumns).toEqual([]);
  });

  it('with mistakes names all of them at once', () => {
    const bad = good.replace('iso', 'whenever').replace('EUR', 'EUROS').replace('cardToken', 'cardNumbers');
    expect(() => parseMapping(bad, 'bad')).toThrow(/time\.format.*currency.*fields/s);
  });

  it('that does not exist is told with where it was looked for', () => {
    expect(() => loadMapping('no-such-mapping')).toThrow(/infra\/mappings/);
  });
});

describe('shipped mappings', () => {
  it('are valid', () => {
    expect(loadMapping('handbook').name).toBe('handbook');
    expect(loadMapping('sparkov').name).toBe('sparkov');
  });

  it('let the encoder tell the fourteen Sparkov categories apart', () => {
    const categories = Object.values(loadMapping('sparkov').values.category?.map ?? {});
    const seen = categories.map((fields) => `${categoryOf(fields['merchant.mcc'])} ${fields.entryMode}`);
    expect(new Set(seen).size).toBe(14);
  });
});
