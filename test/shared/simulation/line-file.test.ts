// test/shared/simulation/line-file.test.ts: simulated transactions in files: every format holds the same rows.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it } from 'vitest';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { flatHeader, toCsvLine } from '../../../shared/simulation/flat-transaction.ts';
import { createTransactionFile } from '../../../shared/simulation/line-file.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';

const folder = mkdtempSync(join(tmpdir(), 'fraud-line-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told: Transaction[] = [];
for (const record of createSimulation({ seed: 9, cards: 40, days: 40 })) {
  if (record.kind === 'transaction') told.push(record.transaction);
}

async function write(name: string): Promise<string> {
  const file = join(folder, name);
  const sink = createTransactionFile(file);
  for (const transaction of told) sink.add(transaction);
  await sink.close();
  return file;
}

describe('a file of simulated transactions', () => {
  it('holds one JSON object per line as .ndjson', async () => {
    const lines = readFileSync(await write('a.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(told)));
  });

  it('holds a header and one row per transaction as .csv', async () => {
    const lines = readFileSync(await write('a.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines[0]).toBe(flatHeader);
    expect(lines).toHaveLength(told.length + 1);
  });

  it('holds typed columns in the order told as .parquet, and leaves no other file behind', async () => {
    const file = await write('a.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const query = `SELECT transactionId, amountMinor::DOUBLE AS amount, typeof(eventTime) AS type, merchant_mcc AS mcc FROM '${file}'`;
    const rows = (await connection.runAndReadAll(query)).getRowObjects();
    connection.closeSync();
    instance.closeSync();
    expect(rows.map(({ transactionId }) => transactionId)).toEqual(
      told.map(({ transactionId }) => transactionId),
    );
    expect(rows[0]).toEqual({
      transactionId: told[0]?.transactionId,
      amount: told[0]?.amountMinor,
      type: 'TIMESTAMP',
      mcc: told[0]?.merchant?.mcc,
    });
    expect(readdirSync(folder)).not.toContain('a.parquet.rows.csv');
  });

  it('quotes what would break a row', () => {
    const [first] = told;
    if (!first) throw new Error('expected a transaction');
    expect(toCsvLine({ ...first, merchant: { name: 'A "B", C' } })).toContain('"A ""B"", C"');
  });

  it('is refused when its ending names no format', () => {
    expect(() => createTransactionFile(join(folder, 'a.xlsx'))).toThrow(/\.ndjson, \.csv or \.parquet/);
  });
});
