// test/shared/kafka/outbox-codec.test.ts: outputs come back from the outbox as they went in.
import { describe, expect, test } from 'vitest';
import { decodeOutputs, encodeOutputs } from '../../../shared/kafka/outbox-codec.ts';

const text = (bytes: Uint8Array | string | null | undefined) =>
  bytes == null ? bytes : Buffer.from(bytes).toString();

describe('the outbox codec', () => {
  test('gives back topic, key, value and headers byte for byte', () => {
    const value = Uint8Array.from([0, 255, 128, 10]);
    const [record] = decodeOutputs(
      encodeOutputs([
        {
          topic: 'fraud.decisions.v1',
          key: 'tok_é',
          value,
          headers: { ce_id: 'a', ce_type: Buffer.from('b') },
        },
      ]),
    );
    expect(record?.topic).toBe('fraud.decisions.v1');
    expect(text(record?.key)).toBe('tok_é');
    expect(record?.value).toEqual(Buffer.from(value));
    expect(text(record?.headers?.ce_id)).toBe('a');
    expect(text(record?.headers?.ce_type)).toBe('b');
  });

  test('tells null from empty', () => {
    const [nothing, empty] = decodeOutputs(
      encodeOutputs([
        { topic: 't', key: null, value: null },
        { topic: 't', key: '', value: new Uint8Array() },
      ]),
    );
    expect(nothing?.key).toBeNull();
    expect(nothing?.value).toBeNull();
    expect(empty?.key).toHaveLength(0);
    expect(empty?.value).toHaveLength(0);
  });

  test('writes what older versions wrote: entries outlive an update', () => {
    const records = [
      { topic: 'tü', key: null, value: Uint8Array.from([1, 2]), headers: { ä: '€', gone: undefined } },
    ];
    expect(Buffer.from(encodeOutputs(records)).toString('hex')).toBe(
      [
        ...['01000000', '07000000', '03000000', '74c3bc', 'ffffffff', '02000000', '0102'],
        ...['02000000', 'c3a4', '03000000', 'e282ac', '04000000', '676f6e65', 'ffffffff'],
      ].join(''),
    );
  });

  test('keeps the order of many records', () => {
    const records = Array.from({ length: 300 }, (_, index) => ({
      topic: 't',
      key: String(index),
      value: Buffer.from('v'),
    }));
    expect(decodeOutputs(encodeOutputs(records)).map(({ key }) => text(key))).toEqual(
      records.map(({ key }) => key),
    );
  });
});
