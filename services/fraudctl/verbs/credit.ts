// services/fraudctl/verbs/credit.ts: `fraudctl credit train`: the credit version that ships, from simulated accounts.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { systemClock } from '../../../shared/clock.ts';
import {
  CREDIT_FILES,
  loadCreditVersion,
  shippedCreditDirectory,
  writeCreditVersion,
} from '../../../shared/credit/credit-version.ts';
import { loadPretrained } from '../../../shared/encoder/pretrained.ts';
import { chooseBackend } from '../../../shared/training/backend.ts';
import { writeCreditCard } from '../../../shared/training/credit-card.ts';
import { trainCredit } from '../../../shared/training/train-credit.ts';
import { toCount } from '../option-values.ts';

interface TrainCommand {
  readonly encoder: string;
  readonly seed: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  readonly cards: number;
  readonly days: number;
  readonly output: string;
  readonly json?: boolean;
}

const groupSchema = z.array(
  z.object({
    group: z.string(),
    clients: z.number(),
    defaultRate: z.number(),
    auc: z.number(),
    approved: z.number(),
  }),
);
const groupsSchema = z.object({ shipped: z.object({ sex: groupSchema, age: groupSchema }) });

async function train(command: TrainCommand): Promise<void> {
  const { tf } = await chooseBackend();
  const trained = await trainCredit({
    ...command,
    tf,
    encoder: loadPretrained(command.encoder),
    createdAt: new Date(systemClock.now()).toISOString(),
    onPortfolio: (done, all) => process.stderr.write(`portfolio ${done} of ${all}\n`),
  });
  const { manifest } = await writeCreditVersion(resolve(command.output), trained.parts, trained.files);
  const told = { modelVersion: manifest.modelVersion, directory: resolve(command.output), ...trained.report };
  process.stdout.write(command.json ? `${JSON.stringify(told)}\n` : `${JSON.stringify(told, null, 1)}\n`);
}

/** Writes the model card anew with figures by group; the model itself stays as it is. */
async function describe(
  groupsFile: string,
  command: { readonly directory: string; readonly json?: boolean },
): Promise<void> {
  const { manifest, files } = loadCreditVersion(command.directory);
  const { formatVersion: _format, kind: _kind, files: _files, ...parts } = manifest;
  const stored = JSON.parse(new TextDecoder().decode(files.get(CREDIT_FILES.report)));
  const card = writeCreditCard({
    modelVersion: manifest.modelVersion,
    encoderVersion: manifest.encoder?.version ?? 'none',
    outcome: manifest.outcome,
    report: z.record(z.string(), z.number()).parse(stored),
    groups: groupsSchema.parse(JSON.parse(readFileSync(groupsFile, 'utf8'))).shipped,
  });
  const described = new Map(files).set(CREDIT_FILES.card, new TextEncoder().encode(card));
  await writeCreditVersion(resolve(command.directory), parts, described);
  const told = { modelVersion: manifest.modelVersion, directory: resolve(command.directory) };
  process.stdout.write(
    command.json ? `${JSON.stringify(told)}\n` : `Wrote the model card of ${told.modelVersion}.\n`,
  );
}

/** Adds the verb. */
export function register(program: Command): void {
  const credit = program.command('credit').description('credit versions');
  credit
    .command('describe')
    .description('put figures by sex and age band, measured offline, into the model card')
    .argument('<file>', 'result.json of `npm run quality -- credit`')
    .option('--directory <directory>', 'the version', shippedCreditDirectory)
    .option('--json', 'print one JSON object')
    .action(describe);
  credit
    .command('train')
    .description('train a credit version on simulated accounts')
    .option('--encoder <name>', 'pretrained encoder: small, tiny, or a directory', 'small')
    .option('--seed <number>', 'of the simulation', toCount, 9001)
    .option('--portfolios <count>', 'portfolios to train on', toCount, 10)
    .option('--held-out-portfolios <count>', 'portfolios to judge on', toCount, 3)
    .option('--cards <count>', 'cards per portfolio', toCount, 300)
    .option('--days <count>', 'days per portfolio', toCount, 540)
    .option('--output <directory>', 'where to', shippedCreditDirectory)
    .option('--json', 'print one JSON object')
    .action(async (options: TrainCommand) => train(options));
}
