// test/shared/kafka/id-table.test.ts: the audit's table and bit sets agree with Map and Set at a hundred thousand ids.
import { expect, test } from 'vitest';
import { IdTable, OffsetSet } from '../../../shared/kafka/id-table.ts';
import { hashTransactionId } from '../../../shared/sequence/id-hash.ts';

test('the table keeps bits and content of every id while it grows', () => {
  const table = new IdTable();
  const naive = new Map<string, number>();
  for (let round = 0; round < 150_000; round++) {
    const id = `id-${round % 100_000}`;
    const bits = 1 << (round % 6);
    const slot = table.slotOf(hashTransactionId(id));
    table.addBits(slot, bits);
    table.setContent(slot, hashTransactionId(`content of ${id}`));
    naive.set(id, (naive.get(id) ?? 0) | bits);
  }
  expect(table.size).toBe(naive.size);
  const wrong = [...naive].filter(([id, bits]) => {
    const slot = table.slotOf(hashTransactionId(id));
    return table.bitsAt(slot) !== bits || !table.hasContent(slot, hashTransactionId(`content of ${id}`));
  });
  expect(wrong).toEqual([]);
  const histogram = (all: Iterable<number>) => [...all].sort().join();
  expect(histogram(table.allBits())).toBe(histogram(naive.values()));
});

test('the id that hashes to zero is an id like any other', () => {
  const table = new IdTable();
  const zero = { idLow: 0, idHigh: 0 };
  table.addBits(table.slotOf(zero), 4);
  table.addBits(table.slotOf(zero), 8);
  expect([table.size, table.bitsAt(table.slotOf(zero))]).toEqual([1, 12]);
});

test('an offset set holds what was added and nothing beside it', () => {
  const offsets = new OffsetSet();
  for (const offset of [0, 7, 8, 8191, 8192, 1_000_000]) offsets.add(2, offset);
  const found = [0, 1, 7, 8, 9, 8191, 8192, 8193, 1_000_000, 1_000_001, 9_000_000].filter((one) =>
    offsets.has(2, one),
  );
  expect(found).toEqual([0, 7, 8, 8191, 8192, 1_000_000]);
  expect(offsets.has(1, 0)).toBe(false);
});
