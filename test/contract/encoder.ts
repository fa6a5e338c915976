// test/contract/encoder.ts: what every Encoder keeps: order, sameness whatever the batch, inputs unchanged; run on the real one and on its double.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncodedRow, Encoder, EncoderRow } from '../../shared/encoder/encoder.ts';
import { EVENT_BYTES, WINDOW } from '../../shared/sequence/packed-event.ts';
import { sampleRows } from '../support/encoder-rows.ts';

/** The five-line version: one row at a time. */
async function encodeOneByOne(encoder: Encoder, rows: readonly EncoderRow[]): Promise<EncodedRow[]> {
  const encoded: EncodedRow[] = [];
  for (const row of rows) encoded.push(...(await encoder.encodeMany([row])));
  return encoded;
}

/** Plain numbers, so that a difference in the last bit shows. */
const toNumbers = (rows: readonly EncodedRow[]) =>
  rows.map(({ readings, rawScores }) => ({ readings: [...readings], rawScores: [...rawScores] }));

function shuffled<Value>(values: readonly Value[], seed: number): Value[] {
  const generator = xoroshiro128plus(seed);
  const keyed = values.map((value) => ({ value, key: uniformInt(generator, 0, 0x7fffffff) }));
  return keyed.sort((left, right) => left.key - right.key).map(({ value }) => value);
}

/** Splits into calls of random sizes, all sent at once. */
async function encodeInRandomCalls(
  encoder: Encoder,
  rows: readonly EncoderRow[],
  seed: number,
): Promise<EncodedRow[]> {
  const generator = xoroshiro128plus(seed);
  const calls: Promise<EncodedRow[]>[] = [];
  for (let from = 0; from < rows.length; ) {
    const size = uniformInt(generator, 1, 23);
    calls.push(encoder.encodeMany(rows.slice(from, from + size)));
    from += size;
  }
  return (await Promise.all(calls)).flat();
}

/** @param create a fresh encoder that serves portfolio `default` and has at least one head for SAMPLE_FEATURES features */
export function describeEncoderContract(name: string, create: () => Promise<Encoder>): void {
  describe(`${name} keeps the encoder contract`, () => {
    let encoder: Encoder;
    const rows = sampleRows({ seed: 42, rows: 90 });

    beforeAll(async () => {
      encoder = await create();
    });
    afterAll(() => encoder.close());

    test('encodeMany of nothing gives nothing', async () => {
      expect(await encoder.encodeMany([])).toEqual([]);
    });

    test('a chunk equals its rows one by one, in the order of the rows, to the bit', async () => {
      const together = await encoder.encodeMany(rows);
      expect(toNumbers(together)).toEqual(toNumbers(await encodeOneByOne(encoder, rows)));
    });

    test.each([1, 2, 3])('random batches of shuffled rows change no bit (seed %i)', async (seed) => {
      const expected = new Map(rows.map((row, at) => [row, at] as const));
      const reference = toNumbers(await encoder.encodeMany(rows));
      const order = shuffled(rows, seed);
      const encoded = toNumbers(await encodeInRandomCalls(encoder, order, seed));
      expect(encoded).toEqual(order.map((row) => reference[expected.get(row) ?? -1]));
    });

    test('rows differ from each other, so equality above means something', async () => {
      const encoded = await encoder.encodeMany(rows);
      expect(new Set(encoded.map(({ readings }) => readings.join())).size).toBe(rows.length);
      expect(new Set(encoded.map(({ rawScores }) => rawScores.join())).size).toBe(rows.length);
    });

    test('every reading and raw score is finite, for a first transaction and for a full window', async () => {
      const shortest = sampleRows({ seed: 1, rows: 5, eventCount: 1 });
      const longest = sampleRows({ seed: 2, rows: 5, eventCount: WINDOW });
      for (const { readings, rawScores } of await encoder.encodeMany([...shortest, ...longest])) {
        expect(readings.length).toBeGreaterThan(0);
        expect(rawScores.length).toBeGreaterThan(0);
        expect([...readings, ...rawScores].every(Number.isFinite)).toBe(true);
      }
    });

    test('a row without features gets readings and no raw scores, beside rows that get both', async () => {
      const [first, second] = sampleRows({ seed: 5, rows: 2, eventCount: 9 });
      if (!first || !second) throw new Error('two rows were asked for');
      const [bare, scored] = await encoder.encodeMany([{ ...first, features: new Float32Array(0) }, second]);
      const [whole] = await encoder.encodeMany([first]);
      expect(bare?.rawScores).toHaveLength(0);
      expect([...(bare?.readings ?? [])]).toEqual([...(whole?.readings ?? [])]);
      expect(scored?.rawScores.length).toBeGreaterThan(0);
    });

    test('bytes behind the last event of a row are not seen', async () => {
      const [row] = sampleRows({ seed: 6, rows: 1, eventCount: 7 });
      if (!row) throw new Error('one row was asked for');
      const events = new Uint8Array(9 * EVENT_BYTES).fill(255);
      events.set(row.events);
      const encoded = await encoder.encodeMany([row, { ...row, events }]);
      expect(toNumbers(encoded)[1]).toEqual(toNumbers(encoded)[0]);
    });

    test('inputs are unchanged and stay with the caller', async () => {
      const before = rows.map(({ events, features }) => [events.join(), features.join()]);
      await encoder.encodeMany(rows);
      expect(rows.map(({ events, features }) => [events.join(), features.join()])).toEqual(before);
    });

    test('nothing is queued when every call is answered, and something is while they run', async () => {
      expect(encoder.queuedPositions()).toBe(0);
      const running = encoder.encodeMany(rows);
      expect(encoder.queuedPositions()).toBeGreaterThan(0);
      await running;
      expect(encoder.queuedPositions()).toBe(0);
    });
  });
}
