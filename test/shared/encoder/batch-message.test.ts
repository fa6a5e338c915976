// test/shared/encoder/batch-message.test.ts: rows survive packing into a shared buffer.
import { expect, test } from 'vitest';
import { inputBytes, packBatch, unpackBatch } from '../../../shared/encoder/batch-message.ts';
import { EVENT_BYTES, WINDOW } from '../../../shared/sequence/packed-event.ts';
import { SAMPLE_FEATURES, sampleRows } from '../../support/encoder-rows.ts';

const shapeOf = (rowCount: number) => ({ rowCount, length: WINDOW, featureWidth: SAMPLE_FEATURES });
const indexOf = (portfolioId: string) => (portfolioId === 'second' ? 1 : 0);

test('rows come out as they went in, from a buffer that was used before', () => {
  const rows = [
    ...sampleRows({ seed: 1, rows: 6 }),
    ...sampleRows({ seed: 2, rows: 3, portfolioId: 'second' }),
    ...sampleRows({ seed: 3, rows: 1, featureWidth: 0 }),
  ];
  const buffer = new SharedArrayBuffer(inputBytes(10, 10 * WINDOW, SAMPLE_FEATURES));
  new Uint8Array(buffer).fill(255);
  packBatch(rows, shapeOf(10), indexOf, buffer);
  const unpacked = unpackBatch(buffer, shapeOf(10));
  expect(unpacked.map(({ portfolioIndex }) => portfolioIndex)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0]);
  rows.forEach((row, at) => {
    expect(unpacked[at]?.eventCount).toBe(row.eventCount);
    expect([...(unpacked[at]?.events ?? [])]).toEqual([...row.events]);
    expect(unpacked[at]?.features && [...unpacked[at].features]).toEqual(
      row.features.length > 0 ? [...row.features] : undefined,
    );
  });
});

test('of a row longer than the window only the newest events cross', () => {
  const [row] = sampleRows({ seed: 4, rows: 1, eventCount: WINDOW + 6 });
  if (!row) throw new Error('one row was asked for');
  const buffer = new SharedArrayBuffer(inputBytes(1, WINDOW, SAMPLE_FEATURES));
  packBatch([row], shapeOf(1), indexOf, buffer);
  const [packed] = unpackBatch(buffer, shapeOf(1));
  expect(packed?.eventCount).toBe(WINDOW);
  expect([...(packed?.events ?? [])]).toEqual([...row.events.subarray(6 * EVENT_BYTES)]);
});
