// test/shared/training/archived-stream.test.ts: the stream read from the archive is the one collected while the traffic passed.
import { expect, test } from 'vitest';
import type { TrainingRow } from '../../../shared/domain/training-row.ts';
import { isDecided, merchantKeyOf } from '../../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../../shared/features/build-reference.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { readArchivedStream } from '../../../shared/training/archived-stream.ts';
import { createEventCollector, createPackedStreamBuilder } from '../../../shared/training/packed-stream.ts';
import { trainingRow } from '../../support/archive-records.ts';
import { useArchive } from '../../support/use-archive.ts';

test('events of simulated traffic, clearings and refunds among them, come back card by card and byte for byte', async () => {
  const archive = await useArchive();
  const transactions = [...createSimulation({ seed: 3, cards: 12, days: 20, fraudRate: 0.01 })].flatMap(
    (record) =>
      record.kind === 'transaction' && record.transaction.replacesCardToken === undefined
        ? [record.transaction]
        : [],
  );
  const reference = createReferenceBuilder('*').build();
  const builder = createPackedStreamBuilder();
  const collect = createEventCollector(builder, () => reference);
  const replay = createReplay({ referenceOf: () => reference });
  const rows: TrainingRow[] = [];
  for (const transaction of transactions) {
    collect(transaction);
    const { context } = replay.push(transaction);
    const { transactionId, portfolioId, cardToken, eventTime, originalTransactionId } = transaction;
    rows.push({
      ...trainingRow(transactionId, 0),
      portfolioId,
      cardToken,
      eventTime,
      originalTransactionId,
      merchantKey: merchantKeyOf(transaction),
      decided: isDecided(transaction),
      context: Buffer.from(context.events.subarray(-48)).toString('base64'),
    });
  }
  await archive.write('rows', [...rows, ...rows.slice(0, 5)]);
  const [read, collected] = [await readArchivedStream(archive.store), builder.build()];
  expect(read.cardCount).toBe(collected.cardCount);
  expect(read.eventCount).toBe(collected.eventCount);
  const cardsOf = ({ events, firstEvent, cardCount, eventCount }: typeof read) =>
    Array.from({ length: cardCount }, (_, card) => {
      const [first = 0, until = eventCount] = [firstEvent[card], firstEvent[card + 1]];
      // Label bytes are masked: histories mark them later.
      const own = Uint8Array.from(events.subarray(first * 48, until * 48));
      for (let at = 40; at < own.length; at += 48) own.fill(0, at, at + 4);
      return Buffer.from(own).toString('base64');
    }).sort();
  expect(cardsOf(read)).toEqual(cardsOf(collected));
});

test('a window of time and one portfolio can be asked for', async () => {
  const archive = await useArchive();
  await archive.write('rows', [
    trainingRow('a', 1),
    trainingRow('b', 2),
    trainingRow('c', 3, { portfolioId: 'other' }),
  ]);
  const from = new Date('2026-03-02T12:00:00.000Z');
  expect((await readArchivedStream(archive.store)).eventCount).toBe(3);
  expect((await readArchivedStream(archive.store, { from })).eventCount).toBe(2);
  expect((await readArchivedStream(archive.store, { until: from })).eventCount).toBe(1);
  expect((await readArchivedStream(archive.store, { portfolioId: 'other' })).cardCount).toBe(1);
});
