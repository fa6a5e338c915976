// test/shared/features/packed-table.test.ts: columns of a table give the same table back, late events and thinned rows included.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ContextRows, createContextTable } from '../../../shared/features/context-table.ts';
import { openTable, packTable } from '../../../shared/features/packed-table.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { histories, makeTransaction, reference, startMs, toTime } from './histories.ts';

const listRows = (table: ContextRows) =>
  Array.from({ length: table.rowCount }, (_, row) => ({
    events: Buffer.from(table.windowOf(row).events).toString('hex'),
    count: table.windowOf(row).count,
    features: Array.from(table.featuresOf(row)),
    time: table.timeOf(row),
    card: table.cardOf(row),
    label: table.labelOf(row),
  }));
const listStreams = (table: ContextRows) =>
  Array.from({ length: table.cardCount }, (_, card) => {
    const { events, count } = table.eventsOfCard(card);
    return { events: Buffer.from(events).toString('hex'), count };
  });

test('a packed table gives back every row and every stream', () => {
  fc.assert(
    fc.property(histories(60), fc.integer({ min: 1, max: 4 }), (lines, keepEvery) => {
      const replay = createReplay({ referenceOf: () => reference });
      const table = createContextTable();
      for (const [index, { transaction }] of lines.entries()) {
        const { context, event, timeMs } = replay.push(transaction);
        const label = index % 2 === 0 ? ('fraud' as const) : ('unknown' as const);
        const entry = { cardKey: transaction.cardToken, timeMs, context, label };
        if (index % keepEvery === 0) table.addRow(entry);
        else table.addEvent({ cardKey: transaction.cardToken, event });
      }
      const opened = openTable(packTable(table));
      expect(listRows(opened)).toEqual(listRows(table));
      expect(listStreams(opened)).toEqual(listStreams(table));
    }),
    { numRuns: 40 },
  );
});

test('a window that the stream does not end with is kept as well', () => {
  const replay = createReplay({ referenceOf: () => reference });
  const table = createContextTable();
  // The third comes late: its window holds the first two as they were at its own time.
  for (const [index, minute] of [0, 20, 10, 30].entries()) {
    const eventTime = toTime(startMs + minute * 60_000);
    const { context, timeMs } = replay.push(makeTransaction({ transactionId: `t${index}`, eventTime }));
    table.addRow({ cardKey: 'card', timeMs, context, label: 'genuine' });
  }
  const packed = packTable(table);
  expect(packed.events.length).toBeGreaterThan(table.eventsOfCard(0).events.length);
  expect(listRows(openTable(packed))).toEqual(listRows(table));
});

test('an empty table stays empty', () => {
  const opened = openTable(packTable(createContextTable()));
  expect([opened.rowCount, opened.cardCount]).toEqual([0, 0]);
});
