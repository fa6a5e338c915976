// test/shared/transfer/kept-rows.test.ts: model inputs are made once: the second run reads the very same rows, other settings make others, damage is noticed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { keepRows } from '../../../shared/transfer/kept-rows.ts';
import { parseTransferConfig } from '../../../shared/transfer/transfer-config.ts';
import { collectTransferRows, type TransferRows } from '../../../shared/transfer/transfer-rows.ts';
import { simulateHistory } from '../../support/simulated-history.ts';

const windows = { labelDelayDays: 2, warmUpDays: 2, testShare: 0.3, calibrateShare: 0.2 };
const history = simulateHistory({
  seed: 6,
  portfolios: 1,
  cards: 20,
  days: 25,
  startTime: '2025-03-03T00:00:00.000Z',
  domain: 'any',
  fraudRate: 0.05,
});

async function* tell() {
  yield history;
}

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fraud-rows-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

/** Rows by way of the folder, and whether they had to be made. */
async function readRows(settings: object = {}, digest = 'a') {
  const config = parseTransferConfig({ technique: 'feature-extraction', windows, ...settings });
  const make = vi.fn(() => collectTransferRows(tell, config));
  const place = { directory, history: { transactions: digest } };
  const rows = await keepRows(place, config, make);
  return { rows, isMade: make.mock.calls.length > 0 };
}

const listAll = ({ table, ...others }: TransferRows) => ({
  ...others,
  rows: Array.from({ length: table.rowCount }, (_, row) => [
    Buffer.from(table.windowOf(row).events).toString('hex'),
    Array.from(table.featuresOf(row)),
    table.timeOf(row),
    table.cardOf(row),
    table.labelOf(row),
  ]),
  streams: Array.from({ length: table.cardCount }, (_, card) =>
    Buffer.from(table.eventsOfCard(card).events).toString('hex'),
  ),
});

test('the second run reads the very same rows', async () => {
  const [first, second] = [await readRows(), await readRows()];
  expect([first.isMade, second.isMade]).toEqual([true, false]);
  expect(first.rows.table.rowCount).toBeGreaterThan(100);
  expect(listAll(second.rows)).toEqual(listAll(first.rows));
});

test.each([
  ['windows', { windows: { ...windows, testShare: 0.25 } }, 'a'],
  ['labelled cards', { labelShare: 0.5 }, 'a'],
  ['thinning', { genuineEvery: 2 }, 'a'],
  ['histories', {}, 'b'],
])('other %s make other rows', async (_, settings, digest) => {
  await readRows();
  expect((await readRows(settings, digest)).isMade).toBe(true);
  expect((await readRows()).isMade).toBe(false);
});

test('what only the head or the encoder is told does not make rows again', async () => {
  await readRows();
  const others = { technique: 'domain-adaptation', encoder: 'tiny', head: 'mlp', seed: 4, controls: [] };
  expect((await readRows(others)).isMade).toBe(false);
});

test('rows that were damaged, or not written to the end, are made again', async () => {
  const { rows } = await readRows();
  const [folder = ''] = readdirSync(directory);
  const file = join(directory, folder, 'features.bin');
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7);
  writeFileSync(file, bytes);
  const again = await readRows();
  expect(again.isMade).toBe(true);
  expect(listAll(again.rows)).toEqual(listAll(rows));
  rmSync(join(directory, folder, 'manifest.json'));
  expect((await readRows()).isMade).toBe(true);
});

test('without a place nothing is written', async () => {
  const config = parseTransferConfig({ technique: 'feature-extraction', windows });
  await keepRows(undefined, config, () => collectTransferRows(tell, config));
  expect(readdirSync(directory)).toEqual([]);
});
