// shared/training/run-pretraining.ts: READ FIRST: collect traffic → choose backend → pretrain (or resume) → baseline → write encoder.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EncoderConfig } from '../encoder/definition.ts';
import type { PretrainedEncoder } from '../encoder/pretrained.ts';
import { AppError } from '../errors.ts';
import { type BackendName, chooseBackend } from './backend.ts';
import { measureBaseline } from './baseline.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
import { collectMapped, type MappedSource } from './mapped-streams.ts';
import { measureHeldOut } from './measure-held-out.ts';
import { type PretrainSettings, pretrainEncoder } from './pretrain-encoder.ts';
import { collectSimulated, type PretrainingStreams, type SimulatedSizes } from './simulated-streams.ts';
import { writePretrained } from './write-pretrained.ts';

export interface PretrainingProgress {
  /** One line of text, once. */
  announce(text: string): void;
  advance(stage: string, done: number, all: number, note?: string): void;
}

export type PretrainingSource =
  | ({ readonly kind: 'simulation' } & SimulatedSizes)
  | ({ readonly kind: 'file' } & MappedSource);

export interface PretrainingOrder {
  /** Directory of the encoder; the checkpoint lies there while the run lasts. */
  readonly output: string;
  readonly config: EncoderConfig;
  readonly settings: PretrainSettings;
  readonly source: PretrainingSource;
  readonly startFrom?: PretrainedEncoder;
  readonly backend?: BackendName;
  /** Do not resume. */
  readonly fresh: boolean;
  readonly command: string;
  readonly progress?: PretrainingProgress;
}

export interface PretrainingResult {
  readonly encoderVersion: string;
  readonly backend: BackendName;
  readonly events: number;
  readonly resumedAtStep: number;
  readonly seconds: number;
  /** Sum over the tasks, nats per next event. */
  readonly heldOutLoss: number;
  readonly baselineLoss: number;
}

const CHECKPOINT_FILE = 'checkpoint.safetensors';

async function collect({ source, progress }: PretrainingOrder): Promise<PretrainingStreams> {
  if (source.kind === 'file') {
    progress?.announce('Reading the file twice: for what is usual in the portfolio, then for the events.');
    return collectMapped(source);
  }
  return collectSimulated(source, (done, all) => progress?.advance('simulating', done, all, 'portfolios'));
}

function describeData(
  { source }: PretrainingOrder,
  streams: PretrainingStreams,
): Record<string, string | number> {
  const { training, heldOut } = streams;
  const counts = {
    'training events': training.eventCount,
    'training cards': training.cardCount,
    'held-out events': heldOut.eventCount,
    'held-out cards': heldOut.cardCount,
  };
  if (source.kind === 'file') return { traffic: `mapped file, mapping "${source.mapping.name}"`, ...counts };
  const { portfolios, heldOutPortfolios, cards, days, domain = 'any', accountPortfolios = 0 } = source;
  return {
    traffic:
      'simulated portfolios (shared/simulation), each drawn anew: countries, currencies, habits, fraud',
    domain: domain === 'any' ? 'mixed, card-not-present and point-of-sale portfolios' : domain,
    'training portfolios': portfolios,
    'held-out portfolios': heldOutPortfolios,
    'cards per portfolio': cards,
    days,
    ...counts,
    ...(streams.trainingAccounts && {
      'of these, portfolios of accounts (statements and repayments of two years)': accountPortfolios,
      'their accounts': streams.trainingAccounts.cardCount,
      'their events': streams.trainingAccounts.eventCount,
    }),
  };
}

const sumOf = (losses: Readonly<Record<string, number>>): number =>
  Object.entries(losses).reduce((sum, [name, value]) => (name === 'total' ? sum : sum + value), 0);

/** Encoders of the same sizes can go on from each other, whatever their names. */
const sizesOf = (config: EncoderConfig): string => JSON.stringify({ ...config, name: '' });

/** Two runs are the same run when all of this is equal: only then may one resume the other. */
function identify(order: PretrainingOrder, streams: PretrainingStreams): string {
  const { config, settings, startFrom } = order;
  const start = startFrom?.encoderVersion ?? 'random';
  return JSON.stringify([config, settings, start, streams.training.eventCount, streams.training.cardCount]);
}

/**
 * Runs a whole pretraining.
 * @throws AppError FRAUD_INPUT_INVALID when there is too little traffic or the encoder to start from has other sizes
 */
export async function runPretraining(order: PretrainingOrder): Promise<PretrainingResult> {
  const { config, settings, progress, startFrom } = order;
  if (startFrom && sizesOf(startFrom.config) !== sizesOf(config)) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `The encoder to start from is "${startFrom.config.name}".`,
    });
  }
  const { tf, name, passedOver } = await chooseBackend(order.backend);
  for (const each of passedOver) progress?.announce(`Backend ${each.name} is not used: ${each.reason}`);
  progress?.announce(`Training on backend ${name}.`);
  const streams = await collect(order);
  const { training, heldOut, heldOutAccounts } = streams;
  if (training.eventCount < config.window || heldOut.eventCount === 0) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: 'There is too little traffic to train and measure on.',
    });
  }
  const checkpointFile = join(order.output, CHECKPOINT_FILE);
  const run = identify(order, streams);
  const resume = order.fresh ? undefined : readCheckpoint(checkpointFile, run);
  if (resume) progress?.announce(`Resuming at step ${resume.state.step}.`);
  const started = performance.now();
  const { weights, curve } = await pretrainEncoder({
    tf,
    config,
    training,
    heldOut,
    settings,
    ...(startFrom && { initial: startFrom.readWeights() }),
    ...(resume && { resume }),
    onCheckpoint: (checkpoint) => writeCheckpoint(checkpointFile, checkpoint, run),
    onStep: (step, losses) =>
      progress?.advance('pretraining', step, settings.steps, `| loss ${losses.total.toFixed(3)} nats`),
  });
  const sampling = { ...settings, length: config.window };
  const baselineLosses = measureBaseline(training, heldOut, sampling);
  const accounts = heldOutAccounts && {
    heldOutLosses: measureHeldOut({ tf, config, settings }, weights, heldOutAccounts),
    baselineLosses: measureBaseline(training, heldOutAccounts, sampling),
  };
  const manifest = await writePretrained(order.output, {
    config,
    weights,
    settings,
    curve,
    data: describeData(order, streams),
    baselineLosses,
    ...(accounts && { accounts }),
    command: order.command,
  });
  rmSync(checkpointFile, { force: true });
  return {
    encoderVersion: manifest.encoderVersion,
    backend: name,
    events: training.eventCount,
    resumedAtStep: resume?.state.step ?? 0,
    seconds: (performance.now() - started) / 1000,
    heldOutLoss: sumOf(manifest.heldOutLosses),
    baselineLoss: sumOf(baselineLosses),
  };
}
