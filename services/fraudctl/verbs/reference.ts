// services/fraudctl/verbs/reference.ts: `fraudctl reference FILE --mapping M`: a portfolio's population reference from past unlabelled traffic.
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import type { PopulationReference } from '../../../shared/features/population-reference.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias, promote, type Registry } from '../../../shared/registry/registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { readMappedChunks } from '../../../shared/replay/read-mapped.ts';
import { type Champion, createChampion } from '../../../shared/scoring/champion.ts';
import { type AssembledVersion, withReference } from '../../../shared/training/assemble-version.ts';
import { measurePortfolio } from '../../../shared/training/measure-portfolio.ts';
import { defaultRegistryDirectory } from '../models/registry-options.ts';
import { toCount } from '../option-values.ts';

interface ReferenceOptions {
  readonly mapping: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly portfolio?: string;
  readonly sample: number;
  readonly registry: string;
  readonly promote?: boolean;
  readonly json?: boolean;
}

function toDate(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('expected an ISO 8601 date or time');
}

/** Adds the verb. */
export function register(program: Command): void {
  program
    .command('reference <file>')
    .description(
      'measure what is usual in a portfolio (no label is looked at) and register champion + that reference',
    )
    .requiredOption('--mapping <file>', 'mapping file, or the name of one in infra/mappings')
    .option('--from <time>', 'first event time, inclusive', toDate)
    .addOption(new Option('--until <time>', 'event times end before this').argParser(toDate))
    .option('--portfolio <id>', 'portfolio id, when the mapping names none')
    .option('--sample <rows>', 'transactions that go through the encoder', toCount, 100_000)
    .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
    .option('--promote', 'make the new version champion')
    .option('--json', 'machine-readable output')
    .action(run);
}

async function run(file: string, options: ReferenceOptions): Promise<void> {
  const registry = new FileRegistry(options.registry);
  const createdAt = new Date(systemClock.now()).toISOString();
  await ensureChampion(registry, createdAt);
  const { version } = await loadAlias(registry, 'champion');
  const reference = await measure(file, options, createChampion(version));
  const assembled = withReference(version, reference, createdAt);
  await keep(registry, assembled, options.promote === true);
  const { modelVersion } = assembled.manifest;
  const { portfolioId, madeFrom } = reference;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ modelVersion, portfolioId, madeFrom, promoted: options.promote === true })}\n`
      : `${modelVersion}: reference of ${portfolioId} from ${madeFrom.transactions} transactions${options.promote ? ', now champion' : ''}\n`,
  );
}

async function measure(
  file: string,
  options: ReferenceOptions,
  champion: Champion,
): Promise<PopulationReference> {
  const mapping = loadMapping(options.mapping);
  const source = { file, mapping, from: options.from, until: options.until, withOutcomes: false };
  const first = await firstPortfolio(readMappedChunks(source));
  const fromFile = options.portfolio ?? first;
  const bar = new SingleBar({ format: '{stage} {value} transactions', stream: process.stderr });
  bar.start(1, 0, { stage: 'amounts' });
  try {
    return await measurePortfolio({
      portfolioId: fromFile,
      tell: () => tellTransactions(readMappedChunks(source), options.portfolio),
      startEncoder: (reference) =>
        createOnnxEncoder({ ...champion.encoderParts, heads: [], references: { '*': reference } }),
      config: champion.config,
      settings: champion.featureSettings,
      sampleRows: options.sample,
      onProgress: (stage, transactions) => bar.update(transactions, { stage }),
    });
  } finally {
    bar.stop();
  }
}

type MappedChunks = ReturnType<typeof readMappedChunks>;

async function firstPortfolio(chunks: MappedChunks): Promise<string> {
  for await (const [transaction] of tellTransactions(chunks, undefined)) {
    if (transaction) return transaction.portfolioId;
  }
  return 'default';
}

async function* tellTransactions(
  chunks: MappedChunks,
  portfolioId: string | undefined,
): AsyncGenerator<Transaction[]> {
  for await (const lines of chunks) {
    yield lines.flatMap((line) => {
      if (line.kind !== 'transaction') return [];
      return [portfolioId === undefined ? line.transaction : { ...line.transaction, portfolioId }];
    });
  }
}

async function keep(
  registry: Registry,
  { manifest, files }: AssembledVersion,
  isPromoted: boolean,
): Promise<void> {
  await registry.publish(manifest, files);
  if (!isPromoted) return;
  await promote(registry, manifest.modelVersion, {
    movedAt: manifest.createdAt,
    by: 'reference',
    reason: 'population reference added',
  });
}
