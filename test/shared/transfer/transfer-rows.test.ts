// test/shared/transfer/transfer-rows.test.ts: windows keep the label delay between them, and labels that do not exist are seen nowhere.
import { expect, test } from 'vitest';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { parseTransferConfig } from '../../../shared/transfer/transfer-config.ts';
import { collectStreams } from '../../../shared/transfer/transfer-inputs.ts';
import { collectTransferRows, isLabelled, placeBoundaries } from '../../../shared/transfer/transfer-rows.ts';
import { simulateHistory } from '../../support/simulated-history.ts';

const DAY_MS = 86_400_000;
const startTime = '2025-03-03T00:00:00.000Z';
const windows = { labelDelayDays: 2, warmUpDays: 2, testShare: 0.3, calibrateShare: 0.2 };
const history = simulateHistory({
  seed: 5,
  portfolios: 1,
  cards: 25,
  days: 30,
  startTime,
  domain: 'any',
  fraudRate: 0.05,
});

async function* tell() {
  yield history;
}

const collect = (settings: object = {}) =>
  collectTransferRows(tell, parseTransferConfig({ technique: 'feature-extraction', windows, ...settings }));

test('between training, calibration and test lies the label delay', async () => {
  const { table, windows: rows, boundaries } = await collect({ genuineEvery: 1 });
  const timesOf = (numbers: Int32Array) => Array.from(numbers, (row) => table.timeOf(row));
  const [training, calibration, tested] = [rows.training, rows.calibration, rows.test].map(timesOf);
  expect(Math.min(...(training ?? []))).toBeGreaterThanOrEqual(Date.parse(startTime) + 2 * DAY_MS);
  expect(Math.min(...(calibration ?? [])) - Math.max(...(training ?? []))).toBeGreaterThanOrEqual(2 * DAY_MS);
  expect(Math.min(...(tested ?? [])) - Math.max(...(calibration ?? []))).toBeGreaterThanOrEqual(2 * DAY_MS);
  expect(Math.min(...(tested ?? []))).toBeGreaterThanOrEqual(boundaries.testFromMs);
});

test('thinned genuine rows stand for those left out, test rows for themselves', async () => {
  const [all, thinned] = [await collect({ genuineEvery: 1 }), await collect({ genuineEvery: 5 })];
  const weightOf = ({ windows: { training }, weights }: typeof all) =>
    training.reduce((sum, row) => sum + (weights[row] ?? 0), 0);
  expect(thinned.windows.training.length).toBeLessThan(all.windows.training.length / 2);
  expect(weightOf(thinned) / weightOf(all)).toBeGreaterThan(0.6);
  expect(weightOf(thinned) / weightOf(all)).toBeLessThan(1.6);
  expect(thinned.windows.test).toHaveLength(all.windows.test.length);
});

test('with few labelled cards the others train nothing, and no history shows their labels', async () => {
  const some = await collect({ genuineEvery: 1, labelShare: 0.2 });
  const all = await collect({ genuineEvery: 1 });
  expect(some.windows.training.length).toBeLessThan(all.windows.training.length / 2);
  const known = featureNames.indexOf('cardKnownFrauds');
  const seen = ({ table, windows: { test: tested } }: typeof all) =>
    tested.reduce((sum, row) => sum + (table.featuresOf(row)[known] ?? 0), 0);
  expect(seen(all)).toBeGreaterThan(0);
  expect(seen(some)).toBeLessThan(seen(all));
});

test('the unlabelled stream ends before the test window', async () => {
  const rows = await collect();
  const { training, heldOut } = collectStreams(rows);
  const view = new DataView(training.events.buffer);
  const times = Array.from(
    { length: training.eventCount },
    (_, event) => view.getUint32(event * 48, true) * 1000,
  );
  expect(Math.max(...times)).toBeLessThan(rows.boundaries.testFromMs);
  expect(heldOut.eventCount).toBeGreaterThan(0);
});

test('a history too short for its windows is refused in words', () => {
  const config = parseTransferConfig({ technique: 'feature-extraction' });
  expect(() => placeBoundaries({ firstMs: 0, lastMs: 10 * DAY_MS }, config)).toThrow(
    /10\.0 days leave no room/,
  );
});

test('rows and streams are those of a replay that builds every context, though most are only appended', async () => {
  const { table, transactionIds, reference } = await collect({ genuineEvery: 5, labelShare: 0.6 });
  const replay = createReplay({ referenceOf: () => reference });
  const contexts = new Map<string, { events: string; features: number[] }>();
  const streams = new Map<string, string>();
  const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  for (const line of history) {
    if (line.kind === 'outcome') {
      if (isLabelled(line.outcome.cardToken, 0.6)) replay.mark(line.outcome);
      continue;
    }
    const { cardToken, transactionId } = line.transaction;
    const { context, isAppended } = replay.push(line.transaction);
    contexts.set(transactionId, { events: toHex(context.events), features: Array.from(context.features) });
    if (isAppended) streams.set(cardToken, (streams.get(cardToken) ?? '') + toHex(context.events.slice(-48)));
  }
  expect(table.rowCount).toBeLessThan(contexts.size / 2);
  transactionIds.forEach((id, row) => {
    const [events, features] = [toHex(table.windowOf(row).events), Array.from(table.featuresOf(row))];
    expect({ events, features }).toEqual(contexts.get(id));
  });
  const kept = Array.from({ length: table.cardCount }, (_, card) => toHex(table.eventsOfCard(card).events));
  expect(kept.sort()).toEqual([...streams.values()].sort());
});
