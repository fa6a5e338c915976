// test/tutorial/02-sequences.test.ts: read me: how a card's history is kept, read as of a time, and labelled late.
import { describe, expect, test } from 'vitest';
import { transactionSchema } from '../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { viewBefore } from '../../shared/sequence/entity-record.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import { EVENT_BYTES, LABELS, readEvent, readLabel } from '../../shared/sequence/packed-event.ts';

/** One purchase of the card `tok_anna`, with the few fields that are obligatory and a shop. */
const purchase = (id: string, eventTime: string, amountMinor: number) =>
  transactionSchema.parse({
    transactionId: id,
    eventTime,
    cardToken: 'tok_anna',
    amountMinor,
    currency: 'EUR',
    merchant: { id: 'bakery', mcc: '5462', country: 'DE' },
    entryMode: 'contactless',
  });

const morning = purchase('t-1', '2026-03-02T08:00:00Z', 450);
const noon = purchase('t-2', '2026-03-02T12:00:00Z', 1290);
const evening = purchase('t-3', '2026-03-02T19:00:00Z', 2600);

// What is usual in a portfolio is measured once, from past traffic: amounts are seen against its medians.
const builder = createReferenceBuilder('default');
for (const transaction of [morning, noon, evening]) builder.add(transaction);
const reference = builder.build();

const positionOf = (id: string, eventTime: string) => ({
  timeMs: Date.parse(eventTime),
  ...hashTransactionId(id),
});
const cardKey = 'c|default|tok_anna';

describe('a sequence', () => {
  test('holds each transaction as 48 bytes, oldest first, whatever order they arrive in', () => {
    const replay = createReplay({ referenceOf: () => reference });
    for (const transaction of [morning, evening, noon]) replay.push(transaction);

    const all = viewBefore(replay.records.get(cardKey), positionOf('later', '2026-03-03T00:00:00Z'));
    const times = Array.from({ length: all.count }, (_, index) =>
      new Date(readEvent(all.view, all.firstByte + index * EVENT_BYTES).timeMs).toISOString(),
    );
    expect(times).toEqual([
      '2026-03-02T08:00:00.000Z',
      '2026-03-02T12:00:00.000Z',
      '2026-03-02T19:00:00.000Z',
    ]);
  });

  test('is read as of a moment: what came later is not there', () => {
    const replay = createReplay({ referenceOf: () => reference });
    for (const transaction of [morning, noon, evening]) replay.push(transaction);

    const atNoon = viewBefore(replay.records.get(cardKey), positionOf('t-2', noon.eventTime));
    expect(atNoon.count).toBe(1);
  });

  test('takes the same transaction twice without counting it twice', () => {
    const replay = createReplay({ referenceOf: () => reference });
    for (const transaction of [morning, noon, noon, morning]) replay.push(transaction);

    expect(viewBefore(replay.records.get(cardKey), positionOf('later', '2026-03-03T00:00:00Z')).count).toBe(
      2,
    );
  });

  test('learns labels late and never shows one before it was known', () => {
    const replay = createReplay({ referenceOf: () => reference });
    for (const transaction of [morning, noon]) replay.push(transaction);
    replay.mark({
      outcomeId: 'o-1',
      action: 'new',
      kind: 'chargeback',
      transactionId: 't-1',
      portfolioId: 'default',
      cardToken: 'tok_anna',
      transactionTime: morning.eventTime,
      label: 'fraud',
      labeledAt: '2026-04-20T10:00:00Z',
    });

    const view = viewBefore(replay.records.get(cardKey), positionOf('later', '2026-05-01T00:00:00Z'));
    const { label, knownAtMs } = readLabel(view.view, view.firstByte);
    expect(label).toBe(LABELS.fraud);
    expect(knownAtMs).toBeGreaterThanOrEqual(Date.parse('2026-04-20T10:00:00Z'));
  });
});
