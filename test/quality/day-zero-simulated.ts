// test/quality/day-zero-simulated.ts: where the label-free rule is chosen: simulated portfolios whose unlabelled stream holds all, some or hardly any of their fraud.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { isDecided, type Transaction } from '../../shared/domain/transaction.ts';
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import type { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import { defaultFeatureSettings } from '../../shared/features/feature-settings.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import type { StatisticSource } from '../../shared/head/statistics.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import type { Domain } from '../../shared/simulation/portfolio-traits.ts';
import type { SimulatedTransaction } from '../../shared/simulation/simulated-record.ts';
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';
import { adaptEncoder } from '../../shared/training/adapt-encoder.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import { measurePortfolio } from '../../shared/training/measure-portfolio.ts';
import { createEventCollector, createPackedStreamBuilder } from '../../shared/training/packed-stream.ts';
import { keptReference, measureRarity, scoreByProduct, signalOf, tellScores } from './day-zero-rows.ts';
import { writeNpy } from './npy.ts';
import { openEncoder } from './open-encoder.ts';
import { say } from './say.ts';
import { cachedWeights } from './weights-cache.ts';

const DAY_MS = 86_400_000;
const START_TIME = '2026-02-02T00:00:00.000Z';
const TEST_GENUINE_EVERY = 6;
const HELD_OUT_EVERY = 20;
const SAMPLE_ROWS = 10_000;
const CHUNK = 2_000;
const PORTFOLIO = 'sim';
/** Fraud rate before thinning. */
const FRAUD_RATE = 0.014;
interface Portfolio {
  readonly options: SimulationOptions;
  readonly cutMs: number;
  /** Share of the fraud cards whose frauds stay in the unlabelled stream. */
  readonly kept: number;
}

const shareOf = (card: string): number => (hashTransactionId(`kept|${card}`).idLow % 10_000) / 10_000;

function* tellTransactions({ options }: Portfolio): Generator<SimulatedTransaction> {
  for (const record of createSimulation(options)) {
    if (record.kind !== 'transaction') continue;
    yield { ...record, transaction: { ...record.transaction, portfolioId: PORTFOLIO } };
  }
}

/** What is known before the cut: the labels make the stream, nothing else sees them. */
function* tellUnlabelled(portfolio: Portfolio): Generator<Transaction> {
  for (const { transaction, truth } of tellTransactions(portfolio)) {
    if (Date.parse(transaction.eventTime) >= portfolio.cutMs) return;
    if (truth.label === 'fraud' && shareOf(transaction.cardToken) >= portfolio.kept) continue;
    yield transaction;
  }
}

async function* inChunks(portfolio: Portfolio): AsyncGenerator<readonly Transaction[]> {
  let chunk: Transaction[] = [];
  for (const transaction of tellUnlabelled(portfolio)) {
    chunk.push(transaction);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

async function adapt(
  portfolio: Portfolio,
  config: EncoderConfig,
  initial: EncoderWeights,
  steps: number,
): Promise<EncoderWeights> {
  const builder = createReferenceBuilder(PORTFOLIO);
  for (const transaction of tellUnlabelled(portfolio)) builder.add(transaction);
  const reference = builder.build();
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  const collect = {
    training: createEventCollector(training, () => reference),
    heldOut: createEventCollector(heldOut, () => reference),
  };
  for (const transaction of tellUnlabelled(portfolio)) {
    const isHeldOut = hashTransactionId(transaction.cardToken).idLow % HELD_OUT_EVERY === 0;
    collect[isHeldOut ? 'heldOut' : 'training'](transaction);
  }
  const { tf } = await chooseBackend();
  const stream = training.build();
  say(`  adapting to ${stream.eventCount} unlabelled events`);
  const settings = { steps, learningRate: 4e-3, rows: 96, seed: 1 };
  const adapted = await adaptEncoder({ tf, config, initial, stream, heldOut: heldOut.build(), settings });
  return adapted.weights;
}

interface TestRows {
  readonly sources: StatisticSource[];
  readonly labels: Uint8Array;
  readonly weights: Float32Array;
  readonly cards: string[];
}

/** Rows after the cut: every fraud, a part of the rest. Histories hold everything that happened. */
async function readTest(
  portfolio: Portfolio,
  reference: PopulationReference,
  encoder: Awaited<ReturnType<typeof createOnnxEncoder>>,
): Promise<TestRows> {
  const replay = createReplay({ referenceOf: () => reference });
  const contexts: ReturnType<typeof replay.push>['context'][] = [];
  const [labels, cards]: [number[], string[]] = [[], []];
  for (const { transaction, truth } of tellTransactions(portfolio)) {
    const isFraud = truth.label === 'fraud';
    const isRow =
      Date.parse(transaction.eventTime) >= portfolio.cutMs &&
      isDecided(transaction) &&
      (isFraud || hashTransactionId(transaction.transactionId).idLow % TEST_GENUINE_EVERY === 0);
    if (!isRow) {
      replay.append(transaction);
      continue;
    }
    const { context } = replay.push(transaction);
    contexts.push({ ...context, events: context.events.slice(), features: context.features.slice() });
    labels.push(isFraud ? 1 : 0);
    cards.push(transaction.cardToken);
  }
  const sources: StatisticSource[] = [];
  for (let start = 0; start < contexts.length; start += 1024) {
    const chunk = contexts.slice(start, start + 1024);
    const encoded = await encoder.encodeMany(
      chunk.map((context) => ({ ...context, features: new Float32Array(0) })),
    );
    chunk.forEach(({ features }, index) => {
      sources.push({ readings: encoded[index]?.readings, features });
    });
  }
  return {
    sources,
    labels: Uint8Array.from(labels),
    weights: Float32Array.from(labels, (label) => (label === 1 ? 1 : TEST_GENUINE_EVERY)),
    cards,
  };
}

/** Prints the product's rule and its parts on each portfolio and share; bits are kept for choosing. */
export async function runSimulatedDayZero(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '51000001' },
      domain: { type: 'string', multiple: true, default: ['mixed', 'point-of-sale', 'card-not-present'] },
      kept: { type: 'string', multiple: true, default: ['1', '0.135', '0.015'] },
      cards: { type: 'string', default: '3000' },
      days: { type: 'string', default: '120' },
      steps: { type: 'string', default: '400' },
      start: { type: 'string', default: 'random' },
      encoder: { type: 'string', default: 'small' },
    },
  });
  const { config, readWeights, encoderVersion } = loadPretrained(values.encoder);
  for (const domain of values.domain) {
    for (const kept of values.kept) {
      const options: SimulationOptions = {
        seed: Number(values.seed),
        domain: domain as Domain,
        cards: Number(values.cards),
        days: Number(values.days),
        startTime: START_TIME,
        fraudRate: FRAUD_RATE,
      };
      const cutMs = Date.parse(START_TIME) + (Number(values.days) - 25) * DAY_MS;
      const portfolio: Portfolio = { options, cutMs, kept: Number(kept) };
      const from = values.start === 'random' ? 'random' : encoderVersion;
      const name = `day-zero-${values.encoder}-${from}-${values.seed}-${domain}-${values.cards}-${values.days}-${kept}-${values.steps}`;
      say(`${name}`);
      const initial = from === 'random' ? randomWeights(config, 1) : readWeights();
      const weights =
        values.steps === '0'
          ? initial
          : await cachedWeights(name, config, () => adapt(portfolio, config, initial, Number(values.steps)));
      const start = (reference: PopulationReference) => openEncoder(config, weights, reference);
      const folder = join(packageRoot, '.fraud/quality/day-zero', name);
      const reference = await keptReference(join(folder, 'reference.json'), () =>
        measurePortfolio({
          portfolioId: PORTFOLIO,
          tell: () => inChunks(portfolio),
          startEncoder: start,
          config,
          settings: defaultFeatureSettings,
          sampleRows: SAMPLE_ROWS,
        }),
      );
      const encoder = await start(reference);
      try {
        const test = await readTest(portfolio, reference, encoder);
        const rows = measureRarity(config, reference, test.sources);
        writeNpy(join(folder, 'bits.npy'), rows.bits, [rows.rowCount, rows.statistics.length]);
        writeNpy(join(folder, 'labels.npy'), test.labels, [test.labels.length]);
        tellScores(
          test,
          new Map([
            ["product's rule", scoreByProduct(rows)],
            ...[
              'forecast-log-p-above-q95',
              'surprise-mean-total-0.9',
              'feature-amountLog',
              'feature-levelZ',
            ].map((signal) => [signal, signalOf(rows, signal)] as const),
          ]),
          50,
        );
      } finally {
        await encoder.close();
      }
    }
  }
}
