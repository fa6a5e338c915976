// test/shared/features/context-table.test.ts: packed rows give back every context as it was, and store each event once.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createContextTable } from '../../../shared/features/context-table.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { histories, makeTransaction, reference, startMs, toTime } from './histories.ts';

test('rows give back window, features, time and label of their contexts', () => {
  fc.assert(
    fc.property(histories(80), fc.integer({ min: 1, max: 4 }), (lines, keepEvery) => {
      const replay = createReplay({ referenceOf: () => reference });
      const table = createContextTable();
      const expected: { row: number; events: Uint8Array; features: Float32Array; timeMs: number }[] = [];
      for (const [index, { transaction }] of lines.entries()) {
        const { context, event, timeMs } = replay.push(transaction);
        const entry = { cardKey: transaction.cardToken, timeMs, context, label: 'fraud' as const };
        if (index % keepEvery !== 0) table.addEvent({ cardKey: transaction.cardToken, event });
        else
          expected.push({
            row: table.addRow(entry),
            events: context.events,
            features: context.features,
            timeMs,
          });
      }
      expect(table.rowCount).toBe(expected.length);
      for (const { row, events, features, timeMs } of expected) {
        expect(Buffer.compare(table.windowOf(row).events, events)).toBe(0);
        expect(table.windowOf(row).count).toBe(events.length / EVENT_BYTES);
        expect(table.featuresOf(row)).toEqual(features);
        expect([table.timeOf(row), table.labelOf(row)]).toEqual([timeMs, 'fraud']);
      }
    }),
    { numRuns: 40 },
  );
});

test('each card has one stream of all its events, rows or not', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const table = createContextTable();
  for (let index = 0; index < 300; index++) {
    const cardToken = `card-${index % 3}`;
    const eventTime = toTime(startMs + index * 60_000);
    const { context, timeMs } = replay.push(
      makeTransaction({ transactionId: `t${index}`, cardToken, eventTime }),
    );
    const row = table.addRow({ cardKey: cardToken, timeMs, context, label: 'unknown' });
    expect(table.cardOf(row)).toBe(index % 3);
  }
  expect(table.cardCount).toBe(3);
  expect([0, 1, 2].map((card) => table.eventsOfCard(card).count)).toEqual([100, 100, 100]);
  expect(table.windowOf(299).events.buffer).toBe(table.eventsOfCard(2).events.buffer);
});

test('a row beyond the first chunk is as good as one in it', () => {
  const { context, timeMs } = createReplay({ referenceOf: () => reference }).push(makeTransaction());
  const table = createContextTable();
  for (let index = 0; index < 5_000; index++) {
    table.addRow({ cardKey: `card-${index}`, timeMs: timeMs + index, context, label: 'genuine' });
  }
  expect(table.timeOf(4_999)).toBe(timeMs + 4_999);
  expect(table.labelOf(4_999)).toBe('genuine');
  expect(table.featuresOf(4_999)).toEqual(context.features);
});
