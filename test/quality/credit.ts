// test/quality/credit.ts: five folds of real credit clients: ours with pretrained, random and no encoder, LightGBM on the same 19 columns.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { toCreditModelBytes } from '../../shared/credit/credit-model.ts';
import { createCreditScorer, eventsBefore } from '../../shared/credit/credit-scorer.ts';
import { CREDIT_FILES, loadCreditVersion, writeCreditVersion } from '../../shared/credit/credit-version.ts';
import { creditInputNames, toCreditInputs } from '../../shared/credit/encode-history.ts';
import { createNetworkRunner } from '../../shared/credit/monotone-network.ts';
import { encoderConfigs, randomWeights } from '../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { Calibrator } from '../../shared/head/calibrator.ts';
import { chooseBackend, type TensorFlow } from '../../shared/training/backend.ts';
import { type FittedCredit, fitCreditModel } from '../../shared/training/fit-credit-model.ts';
import { findPython } from './boosting.ts';
import {
  CREDIT_AS_OF,
  CREDIT_PORTFOLIO,
  type CreditClient,
  creditReference,
  readCreditClients,
  rivalColumns,
  toAccountRecord,
} from './credit-clients.ts';
import type { JudgedClients } from './credit-measures.ts';
import { reportCredit, SHIPPED } from './credit-report.ts';
import { readNpyDoubles, writeNpy } from './npy.ts';
import { say } from './say.ts';

const config = encoderConfigs.small;
const CHUNK = 2000;
const OUTCOME = 'default on the next monthly payment';
type Variant = 'none' | 'random' | 'pretrained';

const modelOf = (variant: Exclude<Variant, 'none'>): Uint8Array =>
  variant === 'pretrained' ? loadPretrained('small').model : toOnnxModel(config, randomWeights(config, 7));

async function inputsOf(
  clients: readonly CreditClient[],
  reference: PopulationReference,
  variant: Variant,
): Promise<Float32Array[]> {
  const median = reference.currencyMedians.TWD ?? 1;
  const subjects = clients.map((client) => ({
    portfolioId: CREDIT_PORTFOLIO,
    events: eventsBefore(toAccountRecord(client, reference), CREDIT_AS_OF),
    limit: client.creditLimitMinor / 100 / median,
    asOfMs: CREDIT_AS_OF.getTime(),
  }));
  if (variant === 'none') return toCreditInputs(subjects, undefined);
  const options = {
    encoderModel: modelOf(variant),
    encoderVersion: variant,
    config,
    heads: [],
    references: { '*': reference },
  };
  const encoder = await createOnnxEncoder(options);
  const rows: Float32Array[] = [];
  for (let start = 0; start < subjects.length; start += CHUNK) {
    rows.push(...(await toCreditInputs(subjects.slice(start, start + CHUNK), { encoder, config })));
  }
  await encoder.close();
  return rows;
}

/** The version of one fold as the service would load it, so that HTTP can be held to the offline figures. */
async function storeFold(
  fold: number,
  variant: Variant,
  fitted: FittedCredit,
  reference: PopulationReference,
): Promise<void> {
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const directory = join(packageRoot, '.fraud/quality/credit', `fold-${fold}`);
  mkdirSync(join(packageRoot, '.fraud/quality/credit'), { recursive: true });
  const files = new Map<string, Uint8Array>([
    [CREDIT_FILES.model, toCreditModelBytes(fitted.model)],
    [CREDIT_FILES.reference, text(reference)],
  ]);
  if (variant !== 'none') files.set(CREDIT_FILES.encoder, modelOf(variant));
  await writeCreditVersion(
    directory,
    {
      modelVersion: `quality-credit-fold-${fold}`,
      createdAt: new Date().toISOString(),
      encoder: variant === 'none' ? undefined : { version: variant, config },
      inputs: fitted.model.network.inputs.map(({ name }) => name),
      calibrator: fitted.calibrator,
      outcome: OUTCOME,
      baseRate: fitted.baseRate,
    },
    files,
  );
}

interface Judgement {
  readonly tf: TensorFlow;
  readonly clients: readonly CreditClient[];
  readonly judged: JudgedClients;
  readonly reference: PopulationReference;
}

/** Probability of default of every client by the model of the other four folds. */
async function scoreFolds(
  { tf, clients, judged, reference }: Judgement,
  variant: Variant,
  seed: number,
): Promise<Float64Array> {
  const rows = await inputsOf(clients, reference, variant);
  const inputs = creditInputNames(variant === 'none' ? undefined : config);
  const scores = new Float64Array(rows.length);
  for (const fold of [...new Set(judged.folds)].sort()) {
    const training = [...rows.keys()].filter((row) => judged.folds[row] !== fold);
    const data = {
      inputs,
      rows: training.map((row) => rows[row] ?? new Float32Array()),
      labels: Uint8Array.from(training, (row) => judged.labels[row] ?? 0),
    };
    const fitted = await fitCreditModel(tf, data, { seed });
    const run = createNetworkRunner(fitted.model.network);
    const calibrator = new Calibrator(fitted.calibrator);
    rows.forEach((row, index) => {
      if (judged.folds[index] === fold) scores[index] = calibrator.toScore(run(row));
    });
    if (variant === 'pretrained') await storeFold(fold, variant, fitted, reference);
    say(`  ${variant}, seed ${seed}, fold ${fold} done at ${(performance.now() / 1000).toFixed(0)} s`);
  }
  return scores;
}

function scoreRival(clients: readonly CreditClient[], { labels, folds }: JudgedClients): Float64Array {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-credit-'));
  try {
    const features = new Float32Array(clients.length * rivalColumns.length);
    clients.forEach(({ rivalRow }, index) => {
      features.set(rivalRow, index * rivalColumns.length);
    });
    writeNpy(join(folder, 'features.npy'), features, [clients.length, rivalColumns.length]);
    writeNpy(join(folder, 'labels.npy'), labels, [clients.length]);
    writeNpy(join(folder, 'folds.npy'), folds, [clients.length]);
    execFileSync(findPython(), [join(packageRoot, 'test/quality/python/boosting_credit.py'), folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readNpyDoubles(join(folder, 'scores.npy'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version that ships, trained on simulated accounts alone, by the scorer that serves it: what carries over without a label. */
async function scoreShipped(
  clients: readonly CreditClient[],
  reference: PopulationReference,
): Promise<Float64Array> {
  const scorer = await createCreditScorer(loadCreditVersion(), { referenceOf: () => reference });
  const scores: number[] = [];
  for (let start = 0; start < clients.length; start += CHUNK) {
    const questions = clients.slice(start, start + CHUNK).map((client) => ({
      portfolioId: CREDIT_PORTFOLIO,
      account: toAccountRecord(client, reference),
      asOf: CREDIT_AS_OF,
      creditLimit: { amountMinor: client.creditLimitMinor, currency: 'TWD' },
    }));
    scores.push(
      ...(await scorer.assessMany(questions)).map(({ probabilityOfDefault }) => probabilityOfDefault),
    );
  }
  await scorer.close();
  return Float64Array.from(scores);
}

export async function runCredit(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      variants: { type: 'string', default: 'none,random,pretrained' },
      seeds: { type: 'string', default: '1' },
      clients: { type: 'string' },
    },
  });
  const clients = readCreditClients(values.clients ? Number(values.clients) : undefined);
  if (!clients) {
    say('Skipped: the credit data is not here (FRAUD_QUALITY_DATA).');
    return;
  }
  const judged = {
    labels: Uint8Array.from(clients, ({ isDefault }) => (isDefault ? 1 : 0)),
    folds: Uint8Array.from(clients, ({ fold }) => fold),
  };
  const { tf, name } = await chooseBackend();
  say(
    `${clients.length} clients, ${judged.labels.reduce((sum, label) => sum + label, 0)} defaults, backend ${name}`,
  );
  const scores = new Map([['lightgbm', scoreRival(clients, judged)]]);
  const reference = creditReference(clients);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  for (const variant of values.variants.split(',')) {
    if (variant !== 'none' && variant !== 'random' && variant !== 'pretrained') continue;
    const columns: Float64Array[] = [];
    for (const seed of seeds)
      columns.push(await scoreFolds({ tf, clients, judged, reference }, variant, seed));
    const joined = Float64Array.from(
      judged.labels,
      (_, row) => columns.reduce((sum, column) => sum + (column[row] ?? 0), 0) / columns.length,
    );
    scores.set(variant === 'none' ? 'figures alone' : `${variant} encoder`, joined);
  }
  scores.set(SHIPPED, await scoreShipped(clients, reference));
  const result = reportCredit(judged, clients, scores);
  mkdirSync(join(packageRoot, '.fraud/quality/credit'), { recursive: true });
  writeFileSync(join(packageRoot, '.fraud/quality/credit/result.json'), JSON.stringify(result, null, 1));
}
