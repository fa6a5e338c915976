// test/tutorial/09-choosing-an-encoder.test.ts: how an encoder is chosen for a portfolio, one of another framework among them, and used.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createSettableClock } from '../../shared/clock.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { importEncoder } from '../../shared/encoder-import/import-encoder.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer } from '../../shared/scoring/scorer.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import { compareEncoders, NO_ENCODER } from '../../shared/transfer/compare-encoders.ts';
import { writeComparisonReport } from '../../shared/transfer/comparison-report.ts';
import { runTransfer } from '../../shared/transfer/run-transfer.ts';
import { parseTransferConfig } from '../../shared/transfer/transfer-config.ts';
import type { HistoryLine } from '../../shared/transfer/transfer-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'fraud-choose-'));
afterAll(() => rmSync(directory, { recursive: true }));

// The labelled history of a portfolio.
const simulation = {
  seed: 78,
  portfolios: 1,
  cards: 120,
  days: 60,
  startTime: '2025-03-03T00:00:00.000Z',
  domain: 'any',
  fraudRate: 0.08,
} as const;
const history: HistoryLine[] = [...createSimulation(simulation)].map((record) =>
  record.kind === 'outcome'
    ? record
    : { kind: 'transaction', transaction: record.transaction, label: record.truth.label },
);
async function* tell() {
  yield history;
}

// An encoder of a team that uses Keras: an ONNX file and a manifest that says what it reads and gives.
const keras = join(import.meta.dirname, '../shared/encoder-import/keras');
const { encoder, place } = await importEncoder({
  model: join(keras, 'encoder.onnx'),
  manifest: join(keras, 'encoder.json'),
  directory: join(directory, 'encoders'),
});

const windows = { labelDelayDays: 3, warmUpDays: 5, testShare: 0.3, calibrateShare: 0.2 };
const settings = {
  genuineEvery: 3,
  windows,
  rounds: 20,
  head: 'linear',
  controls: ['features-only', 'random-weights'],
};

test('a bake-off on the same rows ends with a recommendation, figures at every label budget, and a report', async () => {
  const config = parseTransferConfig({ ...settings, technique: 'feature-extraction' });
  const comparison = await compareEncoders({
    config,
    tell,
    encoders: ['tiny', place],
    budgets: [3, 'all', 10_000],
    draws: 2,
  });
  expect(comparison.budgets.map(({ budget }) => budget)).toEqual(['3', 'all']);
  for (const { table } of comparison.budgets) {
    expect(table.methods.map(({ method }) => method)).toEqual(['tiny', place, NO_ENCODER]);
    expect(table.methods.every(({ averagePrecision }) => averagePrecision.value > 0)).toBe(true);
  }
  expect(['tiny', place]).toContain(comparison.recommendation.encoder);
  const [tiny, foreign] = comparison.encoders;
  expect(tiny?.millisecondsPerThousand).toBeGreaterThan(0);
  expect(tiny?.distance.discrepancy).toBeGreaterThan(0);
  expect(foreign?.isSourceGuessed).toBe(true);
  const report = join(directory, 'report.html');
  await writeComparisonReport(report, comparison);
  expect(readFileSync(report, 'utf8')).toContain(comparison.recommendation.why.slice(0, 40));
});

const registry = new MemoryRegistry();
const order = {
  tell,
  inputs: {},
  registry,
  now: () => Date.parse('2025-06-01T12:00:00Z'),
  runsDirectory: directory,
};

test('the imported encoder’s readings feed a head, and the candidate decides like any other', async () => {
  const config = parseTransferConfig({ ...settings, technique: 'feature-extraction', encoder: place });
  const { record, judgement } = await runTransfer({ ...order, config });
  // There are no weights to draw at random: that control is left out.
  expect(judgement.table.methods.map(({ method }) => method)).toEqual([
    'feature-extraction',
    'features-only',
  ]);
  const champion = createChampion(await registry.loadVerified(record.candidate ?? ''));
  const session = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu', workers: 1 });
  try {
    const scorer = createScorer({ champion, encoder: session, clock: createSettableClock(order.now()) });
    const requests = history
      .flatMap((line): Transaction[] => (line.kind === 'transaction' ? [line.transaction] : []))
      .filter(({ type }) => type === 'authorization')
      .slice(-20)
      .map((transaction) => {
        const eventTimeMs = Date.parse(transaction.eventTime);
        return { transaction, eventTimeMs, receivedAtMs: eventTimeMs };
      });
    const store = createMemoryStateStore();
    const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
    const decisions = evaluations.flatMap((each) => (each.kind === 'decided' ? [each.decision] : []));
    expect(decisions).toHaveLength(20);
    for (const decision of decisions) {
      expect(decision.tier).toBe('full');
      expect(decision.model.encoderVersion).toBe(encoder.encoderVersion);
    }
  } finally {
    await session.close();
  }
});

test.each(['fine-tuning', 'domain-adaptation', 'adaptation-and-fine-tuning'] as const)(
  '%s needs weights, and says so by name',
  async (technique) => {
    const config = parseTransferConfig({ ...settings, technique, encoder: place });
    await expect(runTransfer({ ...order, config })).rejects.toMatchObject({
      code: 'FRAUD_ENCODER_WITHOUT_WEIGHTS',
      message: expect.stringContaining(technique),
    });
  },
);

test('alignment alone needs none', async () => {
  const config = parseTransferConfig({
    ...settings,
    technique: 'domain-adaptation',
    encoder: place,
    adaptation: { pretraining: false, alignment: true },
  });
  const { record } = await runTransfer({ ...order, config, now: () => order.now() + 60_000 });
  expect(record.state).toBe('finished');
});
