// test/parity/metrics-golden.test.ts: folds and metrics on the benchmark's own scores come out as the benchmark says.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { evaluateScores } from '../../shared/evaluation/evaluate.ts';
import { planSplits, selectSplit } from '../../shared/evaluation/time-split.ts';
import { findQualityData } from '../quality/sparkov-data.ts';

const goldenFile = findQualityData('handbook/golden/metrics.json');
const goldenSchema = z.record(
  z.string(),
  z.object({
    train_rows: z.number(),
    train_frauds: z.number(),
    test_rows: z.number(),
    test_frauds: z.number(),
    auc: z.number(),
    average_precision: z.number(),
    card_precision_at_100: z.number(),
  }),
);

type Columns = readonly (readonly number[])[];

/** Columns of one query as numbers. */
async function readColumns(query: string): Promise<Columns> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const columns = await (await connection.runAndReadAll(query)).getColumns();
  connection.closeSync();
  return columns.map((column) => column.map(Number));
}

const toDay = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

test.skipIf(goldenFile === undefined)(
  'rows, fraud counts and metrics equal the golden figures of every Handbook fold',
  async () => {
    const file = goldenFile ?? '';
    const folder = join(dirname(file), '..');
    const golden = Object.entries(goldenSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
    const [ids = [], days = [], cards = [], labels = []] = await readColumns(`
      SELECT transaction_id::DOUBLE, floor(epoch(tx_datetime) / 86400)::DOUBLE, customer_id::DOUBLE, tx_fraud::DOUBLE
      FROM read_csv('${folder}/transactions.csv.gz') WHERE tx_datetime >= '2018-07-01' ORDER BY tx_datetime, transaction_id`);
    const [folds = [], scoredIds = [], scores = []] = await readColumns(`
      SELECT epoch(train_start)::DOUBLE / 86400, transaction_id::DOUBLE, score::DOUBLE
      FROM read_csv('${folder}/golden/scores.csv.gz')`);
    const all = {
      day: Int32Array.from(days),
      card: Uint32Array.from(cards),
      label: Uint8Array.from(labels),
    };
    const splits = planSplits({
      trainFrom: toDay('2018-07-25'),
      trainDays: 7,
      delayDays: 7,
      testDays: 7,
      splits: 4,
    });
    expect(golden.map(([start]) => toDay(start))).toEqual(splits.map(({ trainFrom }) => trainFrom));
    splits.forEach((split, fold) => {
      const expected = golden[fold]?.[1];
      if (!expected) throw new Error('a fold without golden figures');
      const scoreOf = new Map<number, number>();
      folds.forEach((start, row) => {
        if (start === split.trainFrom) scoreOf.set(scoredIds[row] ?? -1, scores[row] ?? Number.NaN);
      });
      const { train, test: tested } = selectSplit(all, split);
      const pick = (numbers: Uint32Array) => ({
        card: Uint32Array.from(numbers, (row) => all.card[row]),
        day: Int32Array.from(numbers, (row) => all.day[row]),
        label: Uint8Array.from(numbers, (row) => all.label[row]),
      });
      // A row of ours that the benchmark has not scored becomes NaN and is refused; equal counts leave none over.
      const score = Float64Array.from(tested, (row) => scoreOf.get(ids[row] ?? -1) ?? Number.NaN);
      const judged = evaluateScores({ ...pick(tested), score }, { rounds: 0 });
      expect(train).toHaveLength(expected.train_rows);
      expect(pick(train).label.reduce((sum, label) => sum + label, 0)).toBe(expected.train_frauds);
      expect([judged.rows, scoreOf.size]).toEqual([expected.test_rows, expected.test_rows]);
      expect(judged.frauds).toBe(expected.test_frauds);
      // Tolerances as the benchmark states them: five digits, and ties among cards.
      expect(Math.abs(judged.areaUnderCurve.value - expected.auc)).toBeLessThan(1e-5);
      expect(Math.abs(judged.averagePrecision.value - expected.average_precision)).toBeLessThan(1e-5);
      expect(Math.abs(judged.cardPrecision.value - expected.card_precision_at_100)).toBeLessThan(0.003);
    });
  },
);
