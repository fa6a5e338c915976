// services/fraudctl/verbs/models.ts: `fraudctl models list|show|promote|roll-back`: versions in the registry and their aliases.
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import {
  type AliasEntry,
  aliases,
  promote,
  type Registry,
  rollBack,
} from '../../../shared/registry/registry.ts';

interface RegistryOptions {
  readonly registry: string;
  readonly json?: boolean;
}

interface MoveOptions extends RegistryOptions {
  readonly by: string;
  readonly reason?: string;
}

/** Directory of the registry unless an option names another: below FRAUD_HOME. */
export function defaultRegistryDirectory(): string {
  return join(process.env.FRAUD_HOME || '.fraud', 'registry');
}

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const models = program
    .command('models')
    .description('model versions in the registry, and which one decides');
  const withRegistry = (name: string, description: string): Command =>
    models
      .command(name)
      .description(description)
      .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
      .option('--json', 'machine-readable output');
  const withMove = (name: string, description: string): Command =>
    withRegistry(name, description)
      .option('--by <name>', 'who moves the alias', process.env.USER ?? 'operator')
      .option('--reason <sentence>', 'why, kept with the move');

  withRegistry('list', 'all versions, newest first, with their aliases').action(listModels);
  withRegistry('show <version>', 'manifest of one version, verified byte for byte').action(showModel);
  withMove('promote <version>', 'make a version champion; the one before becomes previous').action(
    async (version: string, options: MoveOptions) =>
      printEntry(await promote(openRegistry(options), version, toNote(options)), options),
  );
  withMove('roll-back', 'make the version that the champion replaced champion again').action(
    async (options: MoveOptions) =>
      printEntry(await rollBack(openRegistry(options), toNote(options)), options),
  );
}

function openRegistry({ registry }: RegistryOptions): Registry {
  return new FileRegistry(registry);
}

function toNote({ by, reason }: MoveOptions): { movedAt: string; by: string; reason: string | undefined } {
  return { movedAt: new Date(systemClock.now()).toISOString(), by, reason };
}

async function listModels(options: RegistryOptions): Promise<void> {
  const registry = openRegistry(options);
  const entries = await Promise.all(aliases.map((alias) => registry.readAlias(alias)));
  const manifests = await Promise.all(
    (await registry.listVersions()).map((version) => registry.readManifest(version)),
  );
  const rows = manifests
    .map(({ modelVersion, createdAt, encoder }) => ({
      modelVersion,
      createdAt,
      encoderVersion: encoder.version,
      aliases: entries.flatMap((entry) => (entry?.modelVersion === modelVersion ? [entry.alias] : [])),
    }))
    .sort((left, right) => right.createdAt.localeCompare(left.createdAt));
  const lines = rows.map(
    (row) =>
      `${row.modelVersion}  ${row.createdAt}  encoder ${row.encoderVersion}  ${row.aliases.join(', ')}`,
  );
  const nothing = 'No version is registered. `npm start` registers the one that ships.';
  print(options.json ? JSON.stringify(rows) : lines.join('\n') || nothing);
}

async function showModel(version: string, options: RegistryOptions): Promise<void> {
  const { manifest, manifestDigest } = await openRegistry(options).loadVerified(version);
  const { thresholds, references, encoder } = manifest;
  const lines = [
    `${manifest.modelVersion}  made ${manifest.createdAt}  manifest ${manifestDigest}`,
    `encoder ${encoder.version}, features ${manifest.featureVersion}`,
    `review from ${thresholds.reviewAbove}, decline from ${thresholds.declineAbove}`,
    `population references: ${Object.keys(references).join(', ')}`,
    ...Object.entries(manifest.files).map(([name, file]) => `${file.sha256}  ${file.bytes}  ${name}`),
  ];
  print(options.json ? JSON.stringify({ manifestDigest, manifest }) : lines.join('\n'));
}

function printEntry(entry: AliasEntry, options: RegistryOptions): void {
  const replaced = entry.replaced ? `, replaced ${entry.replaced}` : '';
  const sentence = `${entry.alias} is ${entry.modelVersion} (move ${entry.fence}${replaced})`;
  print(options.json ? JSON.stringify(entry) : sentence);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
