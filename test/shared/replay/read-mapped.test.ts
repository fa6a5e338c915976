// test/shared/replay/read-mapped.test.ts: foreign tables become transactions in event-time order, outcomes at their time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataReport } from '../../../shared/replay/data-report.ts';
import { parseMapping } from '../../../shared/replay/mapping.ts';
import { type MappedLine, readMapped } from '../../../shared/replay/read-mapped.ts';

const mapping = (change: (text: string) => string = (text) => text) =>
  parseMapping(
    change(`
name: bank
description: A bank's export.
time: { column: at, format: iso, zone: Europe/Berlin }
amount: { column: amount, unit: major, negative: refund }
currency: { column: currency }
fields:
  transactionId: { column: id, prefix: b- }
  cardToken: { column: card, prefix: tok_ }
  merchant.id: { column: shop }
  merchant.mcc: { column: mcc, width: 4 }
  cardPresent: { column: present }
values:
  kind: { otherwise: refuse, map: { web: { entryMode: ecommerce }, till: { entryMode: chip } } }
label: { column: fraud, fraud: ['yes'], genuine: ['no'], knownAfterDays: 2 }
ignoredColumns: [note]
`),
    'test',
  );

const header = 'id,at,card,amount,currency,shop,mcc,present,kind,fraud,note,extra';
const rows = [
  '3,2024-03-03T12:00:00Z,c1,10.005,KWD,s1,5411,1,till,no,x,',
  '1,2024-03-01 09:00:00,c1,49.90,EUR,s1,742,N,web,yes,x,',
  '2,2024-03-02T08:00:00+01:00,c2,-1200,JPY,,,,till,no,,',
  '4,2024-03-03T12:00:00Z,c2,5,EUR,s2,5411,1,till,,x,',
  '5,2024-03-09T12:00:00Z,c2,5,EUR,s2,5411,1,till,yes,x,',
  '6,never,c2,5,EUR,s2,5411,1,till,no,x,',
  '7,2024-03-03T13:00:00Z,c2,much,EUR,s2,5411,1,till,no,x,',
  '8,2024-03-03T13:00:00Z,c2,5,XQQ,s2,5411,1,till,no,x,',
  '9,2024-03-03T13:00:00Z,c2,5,EUR,s2,5411,1,market,no,x,',
  '10,2024-03-03T13:00:00Z,4111 1111 1111 1111,5,EUR,s2,5411,1,till,no,x,',
  '11,2024-03-03T13:00:00Z,,5,EUR,s2,5411,1,till,no,x,',
];
const csv = `${[header, ...rows].join('\n')}\n`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-mapped-'));
  writeFileSync(join(folder, 'bank.csv'), csv);
  writeFileSync(join(folder, 'bank.csv.gz'), gzipSync(csv));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(file: string, options: Partial<Parameters<typeof readMapped>[0]> = {}) {
  const report = createDataReport();
  const lines: MappedLine[] = [];
  for await (const line of readMapped({ file: join(folder, file), mapping: mapping(), report, ...options }))
    lines.push(line);
  return { lines, report: report.report() };
}
const nameOf = (line: MappedLine) =>
  line.kind === 'transaction' ? line.transaction.transactionId : `fraud of ${line.outcome.transactionId}`;

describe('a mapped table', () => {
  it('comes in event-time order, ties by id, each fraud label where it became known', async () => {
    const { lines } = await read('bank.csv');
    expect(lines.map(nameOf)).toEqual(['b-1', 'b-2', 'fraud of b-1', 'b-3', 'b-4', 'b-5']);
  });

  it('becomes transactions with units, zones, codes and value maps applied', async () => {
    const { lines } = await read('bank.csv');
    const [first, second, , third] = lines.map((line) =>
      line.kind === 'transaction' ? line.transaction : line.outcome,
    );
    expect(first).toEqual({
      portfolioId: 'bank',
      transactionId: 'b-1',
      type: 'authorization',
      eventTime: '2024-03-01T08:00:00.000Z',
      cardToken: 'tok_c1',
      amountMinor: 4990,
      currency: 'EUR',
      merchant: { id: 's1', mcc: '0742' },
      cardPresent: false,
      entryMode: 'ecommerce',
    });
    expect(second).toMatchObject({
      type: 'refund',
      amountMinor: 1200,
      currency: 'JPY',
      eventTime: '2024-03-02T07:00:00.000Z',
    });
    expect(second).not.toHaveProperty('merchant');
    expect(third).toMatchObject({ amountMinor: 10_005, currency: 'KWD' });
  });

  it('gives outcomes all that marks the histories', async () => {
    const { lines } = await read('bank.csv');
    const outcome = lines.find((line) => line.kind === 'outcome');
    expect(outcome).toMatchObject({
      knownAtMs: Date.parse('2024-03-03T08:00:00Z'),
      outcome: {
        transactionId: 'b-1',
        cardToken: 'tok_c1',
        merchantKey: 's1',
        transactionTime: '2024-03-01T08:00:00.000Z',
        labeledAt: '2024-03-03T08:00:00.000Z',
        label: 'fraud',
      },
    });
  });

  it('ends with a report of rows, gaps, refusals and labels', async () => {
    const { report } = await read('bank.csv');
    expect(report).toMatchObject({
      rows: 11,
      transactions: 5,
      refused: 6,
      labels: { fraud: 2, genuine: 2, unlabelled: 1 },
      outcomes: 1,
      outcomesNotYetKnown: 1,
      firstEventTime: '2024-03-01T08:00:00.000Z',
      lastEventTime: '2024-03-09T12:00:00.000Z',
      unusedColumns: ['extra'],
    });
    expect(report.refusedBecause).toEqual({
      'FRAUD_FIELD_INVALID (eventTime)': 1,
      'FRAUD_AMOUNT_INVALID (amountMinor)': 1,
      'FRAUD_CURRENCY_UNKNOWN (currency)': 1,
      'FRAUD_FIELD_INVALID (kind)': 1,
      'FRAUD_CARD_NUMBER_PRESENT (cardToken)': 1,
      'FRAUD_FIELD_INVALID (cardToken)': 1,
    });
    expect(report.fields.amountMinor).toEqual({ missingRate: 0, minimum: 500, maximum: 10_005 });
    expect(report.fields['merchant.mcc']).toMatchObject({ values: ['0742', '5411'] });
    expect(report.fields['merchant.mcc']?.missingRate).toBeCloseTo(0.2);
  });

  it('is read the same from gz, NDJSON and Parquet', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const source = `read_csv('${join(folder, 'bank.csv')}', all_varchar = true)`;
    await connection.run(
      `COPY (SELECT * FROM ${source}) TO '${join(folder, 'bank.parquet')}' (FORMAT parquet)`,
    );
    await connection.run(`COPY (SELECT * FROM ${source}) TO '${join(folder, 'bank.ndjson')}' (FORMAT json)`);
    connection.closeSync();
    instance.closeSync();
    const expected = (await read('bank.csv')).lines;
    for (const file of ['bank.csv.gz', 'bank.parquet', 'bank.ndjson'])
      expect((await read(file)).lines, file).toEqual(expected);
  });

  it('can be cut to a window and read without outcomes', async () => {
    const from = new Date('2024-03-02T00:00:00Z');
    const until = new Date('2024-03-09T12:00:00Z');
    const { lines } = await read('bank.csv', { from, until, withOutcomes: false });
    expect(lines.map(nameOf)).toEqual(['b-2', 'b-3', 'b-4']);
  });

  it('in other time formats is read in the zone of the mapping', async () => {
    writeFileSync(
      join(folder, 'german.csv'),
      `${header}\n1,01.07.2024 12:30:00,c1,1,EUR,s1,5411,1,till,no,x,\n`,
    );
    writeFileSync(join(folder, 'epoch.csv'), `${header}\n1,1719829800.5,c1,1,EUR,s1,5411,1,till,no,x,\n`);
    const german = mapping((text) => text.replace('format: iso', "format: '%d.%m.%Y %H:%M:%S'"));
    const epoch = mapping((text) => text.replace('format: iso', 'format: epoch-seconds'));
    const timeOf = ({ lines: [line] }: { lines: MappedLine[] }) =>
      line?.kind === 'transaction' ? line.transaction.eventTime : undefined;
    expect(timeOf(await read('german.csv', { mapping: german }))).toBe('2024-07-01T10:30:00.000Z');
    expect(timeOf(await read('epoch.csv', { mapping: epoch }))).toBe('2024-07-01T10:30:00.500Z');
  });

  it('that lacks a column of the mapping, or does not exist, is refused with what was expected', async () => {
    writeFileSync(join(folder, 'short.csv'), 'id,at\n1,2024-01-01\n');
    await expect(read('short.csv')).rejects.toThrow(/lacks: amount/);
    await expect(read('absent.csv')).rejects.toThrow(/FRAUD|cannot be read/);
    await expect(read('bank.xlsx')).rejects.toThrow(/Expected a \.csv/);
  });
});
