// shared/training/train-credit.ts: a credit version from simulated accounts: fit, judge on portfolios held out, card, files.
import { toCreditModelBytes } from '../credit/credit-model.ts';
import { CREDIT_FILES, type CreditManifest } from '../credit/credit-version.ts';
import { creditInputNames, toCreditInputs } from '../credit/encode-history.ts';
import { createNetworkRunner } from '../credit/monotone-network.ts';
import { createOnnxEncoder } from '../encoder/onnx-encoder.ts';
import type { PretrainedEncoder } from '../encoder/pretrained.ts';
import { areaUnderCurve, averagePrecision } from '../evaluation/metrics.ts';
import { createReferenceBuilder } from '../features/build-reference.ts';
import { Calibrator } from '../head/calibrator.ts';
import { sha256Of } from '../registry/manifest.ts';
import type { TensorFlow } from './backend.ts';
import { writeCreditCard } from './credit-card.ts';
import type { CreditRows } from './credit-rows.ts';
import { fitCreditModel } from './fit-credit-model.ts';
import { simulateAccounts } from './simulated-accounts.ts';

export interface TrainCreditOptions {
  readonly tf: TensorFlow;
  readonly encoder: PretrainedEncoder;
  readonly seed: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  readonly cards: number;
  readonly days: number;
  readonly createdAt: string;
  readonly onPortfolio?: (done: number, all: number) => void;
}

export interface TrainedCredit {
  readonly parts: Omit<CreditManifest, 'formatVersion' | 'kind' | 'files'>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly report: Readonly<Record<string, number>>;
}

/** Held-out portfolios have seeds this far from the training ones. */
const HELD_OUT_OFFSET = 1_000_000;
const OUTCOME = '90 days past due within the three statements after the question';
const START_TIME = '2025-01-06T00:00:00.000Z';

async function collect(
  options: TrainCreditOptions,
  from: number,
  count: number,
  done: number,
): Promise<CreditRows> {
  const { encoder, cards, days } = options;
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for (let index = 0; index < count; index++) {
    const sizes = {
      seed: from + index,
      portfolios: 1,
      cards,
      days,
      startTime: START_TIME,
      domain: 'any',
    } as const;
    const { accounts, reference } = simulateAccounts(sizes);
    const runtime = await createOnnxEncoder({
      encoderModel: encoder.model,
      encoderVersion: encoder.encoderVersion,
      config: encoder.config,
      heads: [],
      references: { '*': reference },
      workers: 1,
    });
    const subjects = accounts.map(({ subject }) => subject);
    rows.push(...(await toCreditInputs(subjects, { encoder: runtime, config: encoder.config })));
    await runtime.close();
    labels.push(...accounts.map(({ isDefault }) => (isDefault ? 1 : 0)));
    options.onPortfolio?.(done + index + 1, options.portfolios + options.heldOutPortfolios);
  }
  return { inputs: creditInputNames(encoder.config), rows, labels: Uint8Array.from(labels) };
}

const countDefaults = ({ labels }: CreditRows): number => labels.reduce((sum, label) => sum + label, 0);

/** Trains on simulated accounts alone: nothing of any public or private portfolio is in the version. */
export async function trainCredit(options: TrainCreditOptions): Promise<TrainedCredit> {
  const { tf, encoder, seed, createdAt } = options;
  const training = await collect(options, seed, options.portfolios, 0);
  const heldOut = await collect(
    options,
    seed + HELD_OUT_OFFSET,
    options.heldOutPortfolios,
    options.portfolios,
  );
  const { model, calibrator, baseRate } = await fitCreditModel(tf, training, { seed: 1 });
  const run = createNetworkRunner(model.network);
  const toScore = new Calibrator(calibrator);
  const scores = heldOut.rows.map((row) => toScore.toScore(run(row)));
  const ranking = { scores, labels: heldOut.labels };
  const { portfolios, cards, days } = options;
  const report = {
    seed,
    portfolios,
    cards,
    days,
    trainingAccounts: training.labels.length,
    trainingDefaults: countDefaults(training),
    heldOutAccounts: heldOut.labels.length,
    heldOutDefaults: countDefaults(heldOut),
    areaUnderCurve: areaUnderCurve(ranking),
    averagePrecision: averagePrecision(ranking),
    meanProbability: scores.reduce((sum, score) => sum + score, 0) / scores.length,
  };
  const bytes = toCreditModelBytes(model);
  const modelVersion = `credit-${encoder.config.name}-${sha256Of(bytes).slice(0, 10)}`;
  const text = (value: string) => new TextEncoder().encode(value);
  const card = writeCreditCard({
    modelVersion,
    encoderVersion: encoder.encoderVersion,
    outcome: OUTCOME,
    report,
  });
  const files = new Map([
    [CREDIT_FILES.model as string, bytes],
    [CREDIT_FILES.encoder, encoder.model],
    // Amounts as they are: a portfolio's own reference takes its place.
    [CREDIT_FILES.reference, text(JSON.stringify(createReferenceBuilder('*').build()))],
    [CREDIT_FILES.card, text(card)],
    [CREDIT_FILES.report, text(`${JSON.stringify(report, null, 1)}\n`)],
  ]);
  const described = { version: encoder.encoderVersion, config: encoder.config };
  const parts = {
    modelVersion,
    createdAt,
    encoder: described,
    inputs: [...training.inputs],
    calibrator,
    outcome: OUTCOME,
    baseRate,
  };
  return { parts, files, report };
}
