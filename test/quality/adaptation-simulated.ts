// test/quality/adaptation-simulated.ts: a simulated portfolio that no pretraining has seen as a target of adaptation; histories hold no label.
import type { EncoderConfig, EncoderWeights } from '../../shared/encoder/definition.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import { scoreRows } from '../../shared/training/judge-head.ts';
import { splitCards, thinLabels } from '../../shared/transfer/label-budget.ts';
import { parseTransferConfig } from '../../shared/transfer/transfer-config.ts';
import { buildEncoder, collectStreams, encodeWindows } from '../../shared/transfer/transfer-inputs.ts';
import { collectTransferRows, type HistoryLine } from '../../shared/transfer/transfer-rows.ts';
import type { AdaptationTarget, TargetOptions } from './adaptation.ts';
import { say } from './say.ts';

/** Seed of a portfolio that no pretraining and no other choice has seen. */
const SEED = 48_000_001;
const windows = { labelDelayDays: 5, warmUpDays: 10, testShare: 0.25, calibrateShare: 0.02 };

/** Transactions with what they truly were; no outcome, so no label enters a history. */
function listLines(): HistoryLine[] {
  const lines: HistoryLine[] = [];
  for (const record of createSimulation({
    seed: SEED,
    portfolios: 1,
    cards: 2_500,
    days: 90,
    startTime: '2026-01-05T00:00:00.000Z',
    domain: 'mixed',
    fraudRate: 0.01,
  })) {
    if (record.kind === 'transaction')
      lines.push({ kind: 'transaction', transaction: record.transaction, label: record.truth.label });
  }
  return lines;
}

/** Test rows are not thinned: `every` plays no part here. */
export async function openSimulatedTarget({ budgets, draws }: TargetOptions): Promise<AdaptationTarget> {
  const config = parseTransferConfig({ technique: 'feature-extraction', genuineEvery: 4, windows });
  const lines = listLines();
  const rows = await collectTransferRows(async function* tell() {
    yield lines;
  }, config);
  const frauds = rows.windows.test.reduce((sum, row) => sum + (rows.labels[row] ?? 0), 0);
  say(`${lines.length} transactions; ${rows.windows.test.length} test rows, ${frauds} frauds`);
  return {
    title: `simulated portfolio ${SEED} (mixed)`,
    training: collectStreams(rows).training,
    async judge(sizes: EncoderConfig, weights: EncoderWeights) {
      const { training, test } = await encodeWindows(rows, buildEncoder(sizes, weights));
      const usable = budgets.filter((k) => k <= splitCards(training).fraud.length);
      return new Map(
        usable.map((k) => {
          const figures = Array.from({ length: draws }, (_, draw) => {
            const head = fitFewLabelsHead(thinLabels(training, k, draw + 1));
            return averagePrecision({ scores: scoreRows(head, test), labels: test.labels });
          });
          return [k, figures.reduce((sum, value) => sum + value, 0) / draws];
        }),
      );
    },
  };
}
