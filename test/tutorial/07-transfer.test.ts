// test/tutorial/07-transfer.test.ts: how a pretrained encoder is made to work on a portfolio: adapt, fine-tune, fit a head, judge, serve.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createSettableClock } from '../../shared/clock.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { readRun, writeRunRecord } from '../../shared/evaluation/run-folder.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer } from '../../shared/scoring/scorer.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import { runTransfer } from '../../shared/transfer/run-transfer.ts';
import { parseTransferConfig } from '../../shared/transfer/transfer-config.ts';
import type { HistoryLine } from '../../shared/transfer/transfer-rows.ts';

const runsDirectory = mkdtempSync(join(tmpdir(), 'fraud-transfer-'));
afterAll(() => rmSync(runsDirectory, { recursive: true }));

// A labelled history, as a bank would export it: transactions, and outcomes where they became known.
const simulation = {
  seed: 77,
  portfolios: 1,
  cards: 120,
  days: 60,
  startTime: '2025-03-03T00:00:00.000Z',
  domain: 'any',
  fraudRate: 0.06,
} as const;
const history: HistoryLine[] = [...createSimulation(simulation)].map((record) =>
  record.kind === 'outcome'
    ? record
    : { kind: 'transaction', transaction: record.transaction, label: record.truth.label },
);

async function* tell() {
  yield history;
}

// Few steps: this shows that the parts work together. Real runs take the defaults.
const config = parseTransferConfig({
  technique: 'adaptation-and-fine-tuning',
  encoder: 'tiny',
  genuineEvery: 3,
  windows: { labelDelayDays: 3, warmUpDays: 5, testShare: 0.3, calibrateShare: 0.2 },
  adaptation: { steps: 3, rows: 4, learningRate: 1e-3 },
  fineTuning: { steps: 4, rows: 8, forecastRows: 2, evaluateEvery: 2, laterRows: 50, warmUpSteps: 1 },
  head: 'trees',
  headTrees: 40,
  controls: ['features-only', 'shuffled-labels'],
  rounds: 20,
});
const registry = new MemoryRegistry();
const order = {
  config,
  tell,
  inputs: {},
  registry,
  now: () => Date.parse('2025-06-01T12:00:00Z'),
  runsDirectory,
};
const { record, folder, judgement } = await runTransfer(order);

describe('a transfer', () => {
  test('is judged on the last window, beside controls: shuffled labels must find little', () => {
    const [technique, ...controls] = judgement.table.methods;
    expect(technique?.method).toBe('adaptation-and-fine-tuning');
    expect(controls.map(({ method }) => method)).toEqual(['features-only', 'shuffled-labels']);
    const shuffled = controls[1]?.averagePrecision.value ?? 1;
    expect(technique?.averagePrecision.value).toBeGreaterThan(2 * shuffled);
  });

  test('leaves a run folder: record, report, and the weights of every stage', () => {
    expect(readRun(runsDirectory, record.id)).toEqual(record);
    expect(record.state).toBe('finished');
    expect(record.metrics.averagePrecision).toBeGreaterThan(0);
    expect(record.metrics['adaptation.heldOutLoss.after']).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['adapted.safetensors', 'fine-tuned.safetensors']),
    );
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('shuffled-labels');
  });

  test('stopped half-way goes on with what it had: the same candidate comes out', async () => {
    writeRunRecord(runsDirectory, { ...record, state: 'running', finishedAt: undefined });
    const stages = new Set<string>();
    const again = await runTransfer({
      ...order,
      resume: record.id,
      onProgress: (stage) => stages.add(stage),
    });
    expect(again.record.candidate).toBe(record.candidate);
    expect([...stages].filter((stage) => /^(adapting|fine-tuning)$/.test(stage))).toEqual([]);
  });

  test('registers a candidate that scores: the path of any decision', async () => {
    const champion = createChampion(await registry.loadVerified(record.candidate ?? ''));
    const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu', workers: 1 });
    try {
      const scorer = createScorer({ champion, encoder, clock: createSettableClock(order.now()) });
      const transactions = history.flatMap((line): Transaction[] =>
        line.kind === 'transaction' && line.transaction.type === 'authorization' ? [line.transaction] : [],
      );
      const requests = transactions.slice(-20).map((transaction) => {
        const eventTimeMs = Date.parse(transaction.eventTime);
        return { transaction, eventTimeMs, receivedAtMs: eventTimeMs };
      });
      const store = createMemoryStateStore();
      const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
      const decided = evaluations.filter((evaluation) => evaluation.kind === 'decided');
      expect(decided).toHaveLength(20);
      for (const { decision } of decided) {
        expect(decision.tier).toBe('full');
        expect(decision.model.modelVersion).toBe(record.candidate);
      }
    } finally {
      await encoder.close();
    }
  });
});
