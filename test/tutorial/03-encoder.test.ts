// test/tutorial/03-encoder.test.ts: read me: what the pretrained encoder reads in a card's history, and what it never sees.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transactionSchema } from '../../shared/domain/transaction.ts';
import type { EncoderRow } from '../../shared/encoder/encoder.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { readingLayout, readingNames } from '../../shared/encoder/readings.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';

const DAY_MS = 86_400_000;
const firstTimeMs = Date.parse('2026-03-02T08:00:00Z');

/** A purchase on the n-th day; anything unusual about it is in `changes`. */
const purchase = (day: number, changes: { readonly amountMinor?: number } = {}) =>
  transactionSchema.parse({
    transactionId: `t-${day}`,
    eventTime: new Date(firstTimeMs + day * DAY_MS).toISOString(),
    cardToken: 'tok_anna',
    amountMinor: 450 + 10 * (day % 5),
    currency: 'EUR',
    merchant: { id: 'bakery', mcc: '5462', country: 'DE' },
    entryMode: 'contactless',
    ...changes,
  });

const mornings = Array.from({ length: 30 }, (_, day) => purchase(day));
const builder = createReferenceBuilder('default');
for (const transaction of mornings) builder.add(transaction);
const reference = builder.build();

/** The context of each purchase: the card's packed events up to and with it. */
function contextsOf(transactions: readonly ReturnType<typeof purchase>[]): EncoderRow[] {
  const replay = createReplay({ referenceOf: () => reference });
  return transactions.flatMap((transaction) => replay.push(transaction)?.context ?? []);
}

const pretrained = loadPretrained('small');
const { config } = pretrained;
const layout = readingLayout(config);
const surpriseOfAmount = readingNames(config).indexOf('surprise-amount');
let encoder: OnnxEncoder;

beforeAll(async () => {
  encoder = await createOnnxEncoder({
    encoderModel: pretrained.model,
    encoderVersion: pretrained.encoderVersion,
    config,
    heads: [], // readings only: a head would add a raw score
    references: { default: reference },
    provider: 'cpu',
    workers: 1,
  });
});
afterAll(() => encoder?.close());

/** Readings of each row, as plain numbers. */
async function read(rows: readonly EncoderRow[]): Promise<number[][]> {
  return (await encoder.encodeMany(rows)).map(({ readings }) => [...readings]);
}

describe('the shipped encoder', () => {
  test('gives three readings of a history: embedding, forecasts of what comes next, surprises at what came', async () => {
    const [readings = []] = await read(contextsOf(mornings).slice(-1));
    expect(readings).toHaveLength(layout.count);
    expect(readings.slice(layout.embedding, layout.forecasts)).toHaveLength(config.width);

    const [aboveQ95 = 1, aboveQ99 = 1] = readings.slice(layout.forecasts, layout.surprises);
    expect(aboveQ95).toBeLessThanOrEqual(0); // ln P: a larger amount than most is forecast to be …
    expect(aboveQ99).toBeLessThanOrEqual(aboveQ95); // … no likelier, the larger it is

    const surprises = readings.slice(layout.surprises, layout.surpriseMeans);
    expect(surprises.every((bits) => bits >= 0)).toBe(true);
  });

  test('is more surprised, in bits, by an amount that the card never paid', async () => {
    const [usual] = await read(contextsOf([...mornings, purchase(30)]).slice(-1));
    const [unusual] = await read(contextsOf([...mornings, purchase(30, { amountMinor: 189_900 })]).slice(-1));
    expect(unusual?.[surpriseOfAmount]).toBeGreaterThan((usual?.[surpriseOfAmount] ?? 0) + 2);
  });

  test('looks only backwards: what a card does later changes no earlier reading', async () => {
    const before = await read(contextsOf(mornings));
    const later = await read(contextsOf([...mornings, purchase(30, { amountMinor: 189_900 })]));
    expect(later.slice(0, mornings.length)).toEqual(before);
  });

  test('reads a row the same whoever shares its batch, however much shorter or longer', async () => {
    const rows = contextsOf(mornings);
    const together = await read(rows);
    for (const at of [0, 12, 29]) expect(await read(rows.slice(at, at + 1))).toEqual([together[at]]);
  });

  test('has finite readings of a first transaction, which has no history at all', async () => {
    const [first] = contextsOf([purchase(0)]);
    expect(first?.eventCount).toBe(1);
    const [readings = []] = await read(first ? [first] : []);
    expect(readings).toHaveLength(layout.count);
    expect(readings.every(Number.isFinite)).toBe(true);
  });
});
