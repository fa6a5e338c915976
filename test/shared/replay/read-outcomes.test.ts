// test/shared/replay/read-outcomes.test.ts: a dispute file in three formats becomes the same outcome drafts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { defaultEdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { checkDraft } from '../../../shared/labels/outcome-draft.ts';
import { loadOutcomeMapping, parseOutcomeMapping } from '../../../shared/replay/outcome-mapping.ts';
import { type ReadOutcome, readOutcomes } from '../../../shared/replay/read-outcomes.ts';

const rows = [
  {
    case_id: 'c-2',
    transaction_id: 'tx-2',
    changed_at: '2026-11-03T09:00:00+01:00',
    reason_code: '10.4',
    status: 'opened',
  },
  {
    case_id: 'c-1',
    transaction_id: 'tx-1',
    changed_at: '2026-11-02T08:00:00Z',
    reason_code: '4837',
    status: 'reversed',
  },
  {
    case_id: 'c-3',
    transaction_id: 'tx-3',
    changed_at: '2026-11-04T08:00:00Z',
    reason_code: '10.4',
    status: 'lost in the post',
  },
];

function useDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-outcomes-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function writeAll(directory: string): Promise<string[]> {
  const [csv, ndjson, parquet] = ['csv', 'ndjson', 'parquet'].map((kind) => join(directory, `file.${kind}`));
  const names = Object.keys(rows[0] ?? {});
  writeFileSync(
    csv ?? '',
    [names, ...rows.map((row) => Object.values(row))].map((cells) => cells.join(',')).join('\n'),
  );
  writeFileSync(ndjson ?? '', rows.map((row) => JSON.stringify(row)).join('\n'));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(
    `COPY (SELECT * FROM read_csv('${csv}', all_varchar = true)) TO '${parquet}' (FORMAT parquet)`,
  );
  connection.closeSync();
  return [csv, ndjson, parquet].map(String);
}

async function readAll(file: string): Promise<ReadOutcome[]> {
  const read: ReadOutcome[] = [];
  for await (const one of readOutcomes(file, loadOutcomeMapping('chargebacks'))) read.push(one);
  return read;
}

test('CSV, NDJSON and Parquet give the same drafts, in the order in which they became known', async () => {
  const [csv, ndjson, parquet] = await Promise.all((await writeAll(useDirectory())).map(readAll));
  expect(ndjson).toEqual(csv);
  expect(parquet).toEqual(csv);
  const [first, second, third] = csv ?? [];
  expect(first).toMatchObject({
    draft: {
      transactionId: 'tx-1',
      action: 'close',
      label: 'fraud',
      disputeReasonCode: '4837',
      labeledAt: '2026-11-02T08:00:00.000Z',
    },
  });
  expect(second).toMatchObject({
    draft: { evidenceId: 'c-2', action: 'new', labeledAt: '2026-11-03T08:00:00.000Z' },
  });
  expect(third).toMatchObject({ error: { code: 'FRAUD_FIELD_INVALID', field: 'status' } });
});

test('the drafts pass the edge, and a second import makes the same outcome ids', async () => {
  const [csv = ''] = await writeAll(useDirectory());
  const idsOf = async () =>
    (await readAll(csv)).flatMap((one) => ('draft' in one ? [one.draft.outcomeId] : []));
  expect(await idsOf()).toEqual(await idsOf());
  expect(new Set(await idsOf()).size).toBe(2);
  const [first] = await readAll(csv);
  const nowMs = Date.parse('2026-11-24T00:00:00Z');
  expect(checkDraft(first && 'draft' in first ? first.draft : {}, nowMs, defaultEdgeSettings)).toMatchObject({
    kind: 'chargeback',
    source: 'disputes',
  });
});

test('a mapping that does not know the transaction, or has a misspelt field, is refused', () => {
  const text =
    'name: x\ndescription: y\nlabeledAt: { column: a, format: iso }\nfields: { kind: { constant: verdict } }';
  expect(() => parseOutcomeMapping(text)).toThrow(/transactionId/);
  expect(() => parseOutcomeMapping(text.replace('kind', 'knid'))).toThrow(/knid|Invalid/);
});
