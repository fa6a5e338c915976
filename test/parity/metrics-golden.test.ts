// test/parity/metrics-golden.test.ts: our metrics on the benchmark's own scores come out as the benchmark says.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { areaUnderCurve, averagePrecision, cardPrecisionAtK } from '../../shared/evaluation/metrics.ts';
import { findQualityData } from '../quality/sparkov-data.ts';

const goldenFile = findQualityData('handbook/golden/metrics.json');
const goldenSchema = z.record(
  z.string(),
  z.object({
    test_rows: z.number(),
    test_frauds: z.number(),
    auc: z.number(),
    average_precision: z.number(),
    card_precision_at_100: z.number(),
  }),
);

/** Fold, score, label, card and day of every scored row. */
async function readScores(folder: string): Promise<Map<string, [number, number, number, number][]>> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(`
    SELECT s.train_start::VARCHAR, s.score::DOUBLE, t.tx_fraud::DOUBLE, t.customer_id::DOUBLE,
      floor(epoch(t.tx_datetime) / 86400)::DOUBLE
    FROM read_csv('${folder}/golden/scores.csv.gz') s
    JOIN read_csv('${folder}/transactions.csv.gz') t USING (transaction_id)
    ORDER BY ALL`);
  const folds = new Map<string, [number, number, number, number][]>();
  for (const [fold, score, label, card, day] of result.getRows()) {
    const rows = folds.get(String(fold)) ?? [];
    folds.set(String(fold), rows);
    rows.push([Number(score), Number(label), Number(card), Number(day)]);
  }
  connection.closeSync();
  return folds;
}

test.skipIf(goldenFile === undefined)('metrics equal the golden figures of every Handbook fold', async () => {
  const file = goldenFile ?? '';
  const golden = goldenSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const folds = await readScores(join(dirname(file), '..'));
  expect([...folds.keys()].sort()).toEqual(Object.keys(golden).sort());
  for (const [fold, expected] of Object.entries(golden)) {
    const rows = folds.get(fold) ?? [];
    const [scores, labels, cards, days] = [0, 1, 2, 3].map((column) => rows.map((row) => row[column] ?? 0));
    const ranking = { scores: scores ?? [], labels: labels ?? [], cards: cards ?? [], days: days ?? [] };
    expect(rows).toHaveLength(expected.test_rows);
    expect(ranking.labels.filter((label) => label === 1)).toHaveLength(expected.test_frauds);
    // Tolerances as the benchmark states them: five digits, and ties among cards.
    expect(Math.abs(areaUnderCurve(ranking) - expected.auc)).toBeLessThan(1e-5);
    expect(Math.abs(averagePrecision(ranking) - expected.average_precision)).toBeLessThan(1e-5);
    expect(Math.abs(cardPrecisionAtK(ranking, 100) - expected.card_precision_at_100)).toBeLessThan(0.003);
  }
});
