// services/fraudctl/verbs/bootstrap.ts: `fraudctl bootstrap`: the first champion, from a pretrained encoder and simulated portfolios.
import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { type Command, Option } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { loadPretrained } from '../../../shared/encoder/pretrained.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { promote } from '../../../shared/registry/registry.ts';
import { shippedDirectory, writeShipped } from '../../../shared/registry/shipped-champion.ts';
import { type AssembledVersion, assembleVersion } from '../../../shared/training/assemble-version.ts';
import { type BackendName, backendNames, chooseBackend } from '../../../shared/training/backend.ts';
import { type BootstrapResult, bootstrap } from '../../../shared/training/bootstrap.ts';
import { defaultSizes } from '../../../shared/training/bootstrap-portfolios.ts';
import { defaultRegistryDirectory } from '../models/registry-options.ts';
import { toCount } from '../option-values.ts';

interface BootstrapCommand {
  readonly encoder: string;
  readonly seed: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  readonly cards: number;
  readonly days: number;
  readonly genuineEvery: number;
  readonly output?: string;
  readonly registry: string;
  readonly promote?: boolean;
  readonly ship?: boolean;
  readonly backend?: BackendName;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  const sizes = defaultSizes;
  program
    .command('bootstrap')
    .description('fit a first champion on simulated portfolios and register it')
    .option('--encoder <name>', 'pretrained encoder: small, tiny, or a directory', 'small')
    .option('--seed <number>', 'of simulation and weights', toCount, sizes.seed)
    .option('--portfolios <count>', 'portfolios to train on', toCount, sizes.trainingPortfolios)
    .option('--held-out-portfolios <count>', 'portfolios to judge on', toCount, sizes.heldOutPortfolios)
    .option('--cards <count>', 'cards per portfolio', toCount, sizes.cards)
    .option('--days <count>', 'days per portfolio', toCount, sizes.days)
    .option(
      '--genuine-every <count>',
      'one genuine transaction in this many is a row',
      toCount,
      sizes.genuineEvery,
    )
    .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
    .option('--promote', 'make it champion of the registry')
    .option('--ship', 'write it as the version that comes with the package, instead of registering it')
    .option('--output <directory>', 'with --ship: where to')
    .addOption(
      new Option('--backend <name>', 'tfjs backend (default: the best that loads)').choices(backendNames),
    )
    .option('--json', 'one JSON object at the end')
    .action(run);
}

async function run(options: BootstrapCommand): Promise<void> {
  const { tf, name: backend, passedOver } = await chooseBackend(options.backend);
  process.stderr.write(
    `training backend ${backend}${passedOver.map(({ name, reason }) => `; not ${name}: ${reason}`).join('')}\n`,
  );
  const startedAt = systemClock.now();
  const progress = createProgress();
  const result = await bootstrap({
    tf,
    encoder: loadPretrained(options.encoder),
    sizes: {
      ...defaultSizes,
      seed: options.seed,
      trainingPortfolios: options.portfolios,
      heldOutPortfolios: options.heldOutPortfolios,
      cards: options.cards,
      days: options.days,
      genuineEvery: options.genuineEvery,
    },
    onProgress: progress.report,
  }).finally(progress.stop);
  const version = assembleVersion(result, new Date(startedAt).toISOString());
  await keep(version, options);
  print(version, result, { options, seconds: (systemClock.now() - startedAt) / 1000 });
}

async function keep({ manifest, files }: AssembledVersion, options: BootstrapCommand): Promise<void> {
  if (options.ship) {
    return writeShipped(manifest, files, options.output ? resolve(options.output) : shippedDirectory);
  }
  const registry = new FileRegistry(options.registry);
  await registry.publish(manifest, files);
  if (!options.promote) return;
  await promote(registry, manifest.modelVersion, { movedAt: manifest.createdAt, by: 'bootstrap' });
}

/** One bar per stage, on stderr; nothing where stderr is no terminal. */
function createProgress(): { report: (stage: string, share: number) => void; stop: () => void } {
  let bar: SingleBar | undefined;
  let current = '';
  const stop = (): void => bar?.stop();
  return {
    stop,
    report: (stage, share) => {
      if (stage !== current) {
        stop();
        current = stage;
        bar = new SingleBar({
          format: `{bar} {percentage} % ${stage} ({eta_formatted})`,
          stream: process.stderr,
        });
        bar.start(1000, 0);
      }
      bar?.update(Math.round(share * 1000));
    },
  };
}

function print(
  { manifest }: AssembledVersion,
  { report, thresholds }: BootstrapResult,
  { options, seconds }: { readonly options: BootstrapCommand; readonly seconds: number },
): void {
  const { modelVersion } = manifest;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ modelVersion, seconds, thresholds, report })}\n`);
    return;
  }
  process.stdout.write(`${modelVersion} in ${seconds.toFixed(0)} s; held-out portfolios:\n`);
  for (const [name, judgement] of Object.entries(report.heldOut)) {
    const { averagePrecision, areaUnderCurve, recallAtBudget } = judgement;
    process.stdout.write(
      `${name.padEnd(22)} average precision ${averagePrecision.toFixed(3)}  AUC ${areaUnderCurve.toFixed(3)}  recall at budget ${recallAtBudget.toFixed(3)}\n`,
    );
  }
}
