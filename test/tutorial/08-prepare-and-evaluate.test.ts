// test/tutorial/08-prepare-and-evaluate.test.ts: how a table of payments becomes prepared data, and how a model is judged on it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { listRuns } from '../../shared/evaluation/run-folder.ts';
import { measureData } from '../../shared/prepare/measure-data.ts';
import { readPrepared } from '../../shared/prepare/read-prepared.ts';
import { runEvaluation } from '../../shared/prepare/run-evaluation.ts';
import { scorePrepared } from '../../shared/prepare/score-prepared.ts';
import { createScoredColumns } from '../../shared/prepare/scored-columns.ts';
import { writePrepared } from '../../shared/prepare/write-prepared.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import { parseMapping } from '../../shared/replay/mapping.ts';
import { compareRuns } from '../../shared/report/runs-report.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';

// A mapping says which column is what. Which one holds the label, and how late it is known, stands at its end.
const mapping = parseMapping(
  `
name: my-bank
description: Export of a simulated card system, one row per authorization.
time: { column: time, format: iso }
amount: { column: cents, unit: minor }
currency: { column: currency }
fields:
  transactionId: { column: id }
  cardToken: { column: card }
  merchant.id: { column: shop }
  merchant.mcc: { column: mcc }
  merchant.country: { column: country }
  entryMode: { column: entry }
label: { column: fraud, fraud: ['1'], genuine: ['0'], knownAfterDays: 5 }
`,
  'my-bank.yaml',
);

const folder = mkdtempSync(join(tmpdir(), 'tutorial-'));
const [table, prepared, runs] = ['table.csv', 'prepared', 'runs'].map((name) => join(folder, name));

beforeAll(() => {
  const lines = ['id,time,card,cents,currency,shop,mcc,country,entry,fraud'];
  const asked = { seed: 21, portfolios: 1, cards: 200, days: 40, startTime: '2025-01-01T00:00:00.000Z' };
  for (const record of createSimulation({
    ...asked,
    domain: 'mixed',
    fraudRate: 0.02,
    appliedEvents: false,
  })) {
    if (record.kind !== 'transaction') continue;
    const { transaction: one, truth } = record;
    const { id, mcc, country } = one.merchant ?? {};
    const cells = [one.transactionId, one.eventTime, one.cardToken, one.amountMinor, one.currency];
    lines.push([...cells, id, mcc, country, one.entryMode, truth.label === 'fraud' ? 1 : 0].join());
  }
  writeFileSync(table, lines.join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a table of payments', () => {
  test('becomes Parquet of transactions and labels, and a report of what is in it', async () => {
    const { manifest, fields } = await writePrepared({ files: [table], mapping, directory: prepared });
    expect(manifest.frauds).toBeGreaterThan(5);
    expect(fields?.[0]?.refused).toBe(0);
    const facts = await measureData(prepared, [table], mapping);
    // Nothing in this table says the label; a column "chargeback filed" would stand here.
    expect(facts.columns.filter(({ isSuspect }) => isSuspect)).toEqual([]);
    expect(facts.weeks.length).toBeGreaterThan(4);
  });

  test('is judged as the scorer would have scored it, beside the amount alone', async () => {
    const data = await readPrepared(prepared);
    const registry = new FileRegistry(join(folder, 'registry'));
    await ensureChampion(registry, '2025-01-01T00:00:00.000Z');
    const champion = createChampion((await loadAlias(registry, 'champion')).version);
    const encoder = await createOnnxEncoder(champion.encoderParts);
    const columns = createScoredColumns(2);
    // The first three weeks fill the histories; what comes after is judged.
    const fromMs = Date.parse('2025-01-22T00:00:00Z');
    try {
      for await (const scored of scorePrepared(data, { champion, encoder, fromMs })) {
        for (const { row, score } of scored) columns.add(row, [score, row.transaction.amountMinor]);
      }
    } finally {
      await encoder.close();
    }
    const { rows, scores } = columns.build();
    const {
      folder: run,
      evaluations,
      comparisons,
    } = await runEvaluation({
      rows,
      scores: { champion: scores[0], amount: scores[1] },
      options: { rounds: 200, capacity: { share: 0.02 } },
      config: { from: '2025-01-22' },
      inputs: { transactions: data.manifest.files.transactions },
      runsDirectory: runs,
      startedAt: new Date(systemClock.now()),
      clock: systemClock,
    });
    const { champion: judged } = evaluations;
    expect(judged.averagePrecision.value).toBeGreaterThan(judged.frauds / judged.rows);
    expect(judged.areaUnderCurve.value).toBeGreaterThan(0.6);
    // An amount is no probability: it has a ranking, but no calibration.
    expect(judged.calibration).toBeDefined();
    expect(evaluations.amount.calibration).toBeUndefined();
    expect(comparisons.amount.averagePrecision.difference.value).toBeCloseTo(
      judged.averagePrecision.value - evaluations.amount.averagePrecision.value,
      10,
    );
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('Differences');
  });

  test('leaves a run folder that can be listed and compared', () => {
    const records = listRuns(runs);
    expect(records).toHaveLength(1);
    const [record] = records;
    for (const path of Object.values(record.artifacts)) {
      expect(existsSync(join(runs, record.id, path))).toBe(true);
    }
    const { rows } = compareRuns([record, { ...record, id: 'other', config: { from: '2025-02-01' } }]);
    expect(rows.map(([name]) => name)).toContain('averagePrecision');
    expect(rows.at(-1)).toEqual(['option from', '2025-01-22', '2025-02-01']);
  });
});
