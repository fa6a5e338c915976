// services/fraudctl/verbs/pretrain.ts: `fraudctl pretrain`: an encoder from unlabelled traffic: simulated portfolios, or a mapped file.
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { loadPretrained } from '../../../shared/encoder/pretrained.ts';
import { AppError } from '../../../shared/errors.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { type Domain, domains } from '../../../shared/simulation/portfolio-traits.ts';
import { type BackendName, backendNames } from '../../../shared/training/backend.ts';
import { defaultPretrainSettings } from '../../../shared/training/pretrain-encoder.ts';
import { type PretrainingProgress, runPretraining } from '../../../shared/training/run-pretraining.ts';
import { toCount } from '../option-values.ts';

interface PretrainOptions {
  readonly output?: string;
  readonly config: keyof typeof encoderConfigs;
  readonly steps: number;
  readonly seed: number;
  readonly rows: number;
  readonly learningRate: number;
  readonly windowDropout?: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  readonly cards: number;
  readonly days: number;
  readonly domain: Domain | 'any';
  readonly accountPortfolios: number;
  readonly name?: string;
  readonly input?: string;
  readonly mapping?: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly heldOutShare: number;
  readonly startFrom?: string;
  readonly backend?: BackendName;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

function toNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a number ≥ 0');
}

function toDate(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('expected an ISO 8601 time, such as 2024-07-01T00:00:00Z');
}

/** Adds the verb. */
export function register(program: Command): void {
  const standard = defaultPretrainSettings;
  program
    .command('pretrain')
    .description(
      'pretrain an encoder by forecasting next events: on simulated portfolios, or on a mapped file; no labels',
    )
    .option('--output <directory>', 'where the encoder goes (default: .fraud/encoders/<name>)')
    .addOption(new Option('--config <name>', 'sizes').choices(Object.keys(encoderConfigs)).default('small'))
    .option('--steps <count>', 'optimiser steps', toCount, standard.steps)
    .option('--seed <number>', 'of weights, windows and simulation', toCount, 1)
    .option('--rows <count>', 'windows per step', toCount, standard.rows)
    .option('--learning-rate <number>', 'highest; falls along a cosine', toNumber, standard.learningRate)
    .option(
      '--window-dropout <share>',
      'windows that lack a field (default: 0.1 on simulated portfolios, 0 on a file)',
      toNumber,
    )
    .option('--portfolios <count>', 'simulated portfolios to train on', toCount, 24)
    .option('--held-out-portfolios <count>', 'simulated portfolios to measure on', toCount, 4)
    .option('--cards <count>', 'cards per simulated portfolio', toCount, 1000)
    .option('--days <count>', 'days per simulated portfolio', toCount, 90)
    .addOption(
      new Option('--domain <kind>', 'traffic of the simulated portfolios')
        .choices([...domains, 'any'])
        .default('any'),
    )
    .option(
      '--account-portfolios <count>',
      'further simulated portfolios of accounts: two years of statements and repayments',
      toNumber,
      0,
    )
    .option('--name <name>', 'of the encoder (default: the name of its sizes)')
    .option('--input <file>', 'CSV, NDJSON (also .gz) or Parquet instead of the simulation')
    .option('--mapping <file>', 'mapping of the file: a YAML file, or a name in infra/mappings')
    .option('--from <time>', 'first event time of the file', toDate)
    .option('--until <time>', 'event times of the file end before this', toDate)
    .option('--held-out-share <share>', 'share of the file’s cards to measure on', toNumber, 0.05)
    .option('--start-from <encoder>', 'continue from a shipped encoder, such as small, or one in a directory')
    .addOption(
      new Option('--backend <name>', 'tfjs backend (default: the best that loads)').choices(backendNames),
    )
    .option('--fresh', 'start anew even if there is a checkpoint of the same run')
    .option('--json', 'one JSON object at the end, no progress')
    .action(run);
}

async function run(options: PretrainOptions): Promise<void> {
  const { input, mapping, json } = options;
  if ((input === undefined) !== (mapping === undefined)) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: 'Give --input and --mapping together.' });
  }
  const { cards, days, seed, portfolios, heldOutPortfolios, heldOutShare, from, until } = options;
  const { name = options.config, domain, accountPortfolios } = options;
  const output = options.output ?? join(process.env.FRAUD_HOME || '.fraud', 'encoders', name);
  const progress = json ? undefined : createProgress();
  const result = await runPretraining({
    output,
    config: { ...encoderConfigs[options.config], name },
    settings: {
      ...defaultPretrainSettings,
      steps: options.steps,
      seed,
      rows: options.rows,
      learningRate: options.learningRate,
      windowDropout: windowDropoutOf(options),
      evaluateEvery: Math.max(
        1,
        Math.min(defaultPretrainSettings.evaluateEvery, Math.ceil(options.steps / 10)),
      ),
    },
    source:
      input !== undefined && mapping !== undefined
        ? {
            kind: 'file',
            file: input,
            mapping: loadMapping(mapping),
            heldOutShare,
            ...(from && { from }),
            ...(until && { until }),
          }
        : {
            kind: 'simulation',
            seed,
            portfolios,
            heldOutPortfolios,
            cards,
            days,
            domain,
            accountPortfolios,
          },
    ...(options.startFrom && { startFrom: loadPretrained(options.startFrom) }),
    ...(options.backend && { backend: options.backend }),
    fresh: options.fresh ?? false,
    command: commandOf(options),
    ...(progress && { progress }),
  });
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    process.stdout.write(
      `Encoder ${result.encoderVersion} in ${output}: ${result.events.toLocaleString('en')} events, ` +
        `${result.seconds.toFixed(0)} s on ${result.backend}; held-out loss ${result.heldOutLoss.toFixed(3)} nats ` +
        `per event (frequencies alone ${result.baselineLoss.toFixed(3)}). Look at ${join(output, 'MODEL_CARD.md')}.\n`,
    );
  }
}

/** A shipped encoder has to meet portfolios that lack fields; one portfolio's own traffic lacks what it lacks. */
function windowDropoutOf({ windowDropout, input }: PretrainOptions): number {
  return windowDropout ?? (input === undefined ? 0.1 : 0);
}

/** What was asked for, without paths that mean nothing elsewhere. */
function commandOf(options: PretrainOptions): string {
  const names: (keyof PretrainOptions)[] = [
    'config',
    'name',
    'seed',
    'steps',
    'rows',
    'learningRate',
    'windowDropout',
  ];
  const sources: (keyof PretrainOptions)[] = options.input
    ? ['input', 'mapping', 'from', 'until', 'heldOutShare']
    : ['portfolios', 'heldOutPortfolios', 'cards', 'days', 'domain', 'accountPortfolios'];
  const parts = [...names, ...sources, 'startFrom' as const].flatMap((name) => {
    const value = options[name];
    if (value === undefined) return [];
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return [`--${flag} ${value instanceof Date ? value.toISOString() : value}`];
  });
  return `npx fraudctl pretrain ${parts.join(' ')}`;
}

function createProgress(): PretrainingProgress {
  const bar = new SingleBar({
    format: '{stage} [{bar}] {percentage}% | {value}/{total} | ETA {eta_formatted} {note}',
    stream: process.stderr,
    hideCursor: true,
  });
  let current = '';
  return {
    announce(text) {
      process.stderr.write(`${text}\n`);
    },
    advance(stage, done, all, note = '') {
      if (stage !== current) {
        if (current) bar.stop();
        bar.start(all, done, { stage, note });
        current = stage;
      }
      bar.update(done, { stage, note });
      if (done >= all) {
        bar.stop();
        current = '';
      }
    },
  };
}
