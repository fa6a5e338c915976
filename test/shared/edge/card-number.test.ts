// test/shared/edge/card-number.test.ts: what is taken for a card number, by kind of field, and how it is masked.
import { describe, expect, it } from 'vitest';
import { holdsCardNumber, maskCardNumbers } from '../../../shared/edge/card-number.ts';
import { grouped, makeCardNumber, publishedTestNumbers, seededRandom } from '../../support/card-numbers.ts';

const separators = ['', ' ', '-', '.'];
const random = seededRandom(7);
const randomUuid = () =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => Math.floor(random() * 16).toString(16));
const madeUp = Array.from({ length: 1000 }, (_, index) => makeCardNumber(index, random));

describe('card numbers', () => {
  it('are found in card and text fields, plain and with separators', () => {
    const missed = madeUp.flatMap((digits) =>
      separators
        .map((separator) => grouped(digits, separator))
        .filter((text) => !holdsCardNumber(text, 'text') || !holdsCardNumber(text, 'card')),
    );
    expect(missed).toEqual([]);
  });

  it('are found inside free text', () => {
    expect(holdsCardNumber('paid with 4111 1111 1111 1111, thanks', 'text')).toBe(true);
    expect(holdsCardNumber('ref 77 4111-1111-1111-1111', 'text')).toBe(true);
    expect(holdsCardNumber('PAN4111111111111111', 'text')).toBe(true);
  });

  it('are found in ids when they are grouped as cards are written', () => {
    const missed = madeUp
      .flatMap((digits) => separators.slice(1).map((separator) => grouped(digits, separator)))
      .filter((text) => !holdsCardNumber(text, 'id'));
    expect(missed).toEqual([]);
  });

  it('are found in ids when they are published test numbers, with a prefix or without', () => {
    const missed = publishedTestNumbers
      .flatMap((digits) => [digits, `acc-${digits}`, `${digits}_1`])
      .filter((text) => !holdsCardNumber(text, 'id'));
    expect(missed).toEqual([]);
  });

  it('are all found in ids of senders that have no numeric ids', () => {
    expect(madeUp.filter((digits) => !holdsCardNumber(digits, 'strict-id'))).toEqual([]);
  });

  it('are not seen where the Luhn digit, the length or the issuer range is wrong', () => {
    expect(holdsCardNumber('4111111111111112', 'text')).toBe(false);
    expect(holdsCardNumber('411111111111111111', 'text')).toBe(false);
    expect(holdsCardNumber('9111111111111111', 'text')).toBe(false);
  });
});

describe('ids', () => {
  it('of random digits are never taken for card numbers', () => {
    const digits = (length: number) => Array.from({ length }, () => Math.floor(random() * 10)).join('');
    const taken = Array.from({ length: 100_000 }, (_, index) => digits(8 + (index % 17))).filter((text) =>
      holdsCardNumber(text, 'id'),
    );
    expect(taken).toEqual([]);
  });

  it('made of times are never taken for card numbers', () => {
    const year = 365 * 86_400_000;
    const formats = [
      (time: Date) => time.toISOString(),
      (time: Date) => time.toISOString().replaceAll(/[TZ:]/g, ' '),
      (time: Date) => time.toISOString().replaceAll(/\D/g, ''),
      (time: Date) => time.toISOString().slice(2).replaceAll(/\D/g, ''),
      (time: Date) => time.toISOString().replaceAll(/[:TZ]/g, '-'),
      (time: Date) => String(time.getTime()),
      (time: Date) => `${time.getTime()}${String(time.getTime()).slice(-3)}`,
      (time: Date) => `${time.getTime()}000000`,
      (time: Date) =>
        time.toISOString().replace(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+).*/, '$3.$2.$1 $4.$5.$6'),
    ];
    const taken = Array.from({ length: 90_000 }, (_, index) => {
      const time = new Date(1.6e12 + random() * 20 * year);
      return (formats[index % formats.length] ?? String)(time);
    }).filter((text) => holdsCardNumber(text, 'id'));
    expect(taken).toEqual([]);
  });

  it('and card tokens that are UUIDs are never taken for card numbers', () => {
    const taken = Array.from({ length: 100_000 }, randomUuid).filter(
      (text) => holdsCardNumber(text, 'id') || holdsCardNumber(text, 'card'),
    );
    expect(taken).toEqual([]);
  });
});

describe('masking', () => {
  const mask = (text: string) => Buffer.from(maskCardNumbers(Buffer.from(text))).toString();

  it('replaces every digit of a card number and keeps the rest byte for byte', () => {
    expect(mask('{"a":"4111 1111 1111 1111","b":17}')).toBe('{"a":"**** **** **** ****","b":17}');
    expect(mask('{"a":4111111111111111}')).toBe('{"a":****************}');
  });

  it('gives the same bytes back when there is nothing to mask', () => {
    const bytes = Buffer.from('{"transactionId":"2026112410560012"}');
    expect(maskCardNumbers(bytes)).toBe(bytes);
  });

  it('sees through JSON escapes, typographic spaces and broken encodings', () => {
    expect(mask(String.raw`"\u0034111\u00a01111\u20111111-1111"`)).not.toMatch(/1111/);
    expect(mask('4111\u00a01111\u00a01111\u00a01111')).not.toMatch(/1111/);
    const broken = Buffer.concat([Buffer.from([0xff]), Buffer.from('4111111111111111'), Buffer.from([0xfe])]);
    expect(Buffer.from(maskCardNumbers(broken)).toString('latin1')).toBe('\u00ff****************\u00fe');
  });

  it('leaves no digit of any planted number', () => {
    const left = madeUp
      .flatMap((digits) => separators.map((separator) => grouped(digits, separator)))
      .filter((text) => /\d/.test(mask(`{"x":"${text}"}`)));
    expect(left).toEqual([]);
  });
});
