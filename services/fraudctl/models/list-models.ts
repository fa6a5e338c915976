// services/fraudctl/models/list-models.ts: all versions with their aliases, and every move of an alias.
import { aliases } from '../../../shared/registry/registry.ts';
import { toColumns } from '../to-columns.ts';
import {
  describeMove,
  openRegistry,
  otherRegistries,
  print,
  type RegistryOptions,
} from './registry-options.ts';

/** Newest first. */
export async function listModels(options: RegistryOptions): Promise<void> {
  const registry = openRegistry(options);
  const found = await Promise.all(aliases.map((alias) => registry.readAlias(alias)));
  const entries = found.filter((entry) => entry !== undefined);
  const versions = await registry.listVersions();
  const manifests = await Promise.all(versions.map((version) => registry.readManifest(version)));
  const rows = manifests
    .map(({ modelVersion, createdAt, encoder, derivedFrom }) => ({
      modelVersion,
      createdAt,
      encoderVersion: encoder.version,
      derivedFrom,
      aliases: entries.filter((entry) => entry.modelVersion === modelVersion).map(({ alias }) => alias),
    }))
    .sort((left, right) => right.createdAt.localeCompare(left.createdAt));
  const table = toColumns([
    ['version', 'made', 'encoder', 'parent', 'aliases'],
    ...rows.map((row) => [
      row.modelVersion,
      row.createdAt,
      row.encoderVersion,
      row.derivedFrom ?? '–',
      row.aliases.join(', '),
    ]),
  ]);
  const nothing = `No version is registered in ${options.registry}. A service that starts there registers the one that ships.`;
  const others = otherRegistries(options.registry).map((other) => `--registry ${other}`);
  const lines = [
    ...(rows.length > 0 ? [table, '', ...entries.map(describeMove)] : [nothing]),
    `Registry ${options.registry}.${others.length > 0 ? ` \`npm start\` uses another: ${others.join(', ')}` : ''}`,
  ];
  print(rows, lines.join('\n'), options);
}

/** Who moved which alias, when and why; oldest first. */
export async function tellHistory(options: RegistryOptions): Promise<void> {
  const moves = await openRegistry(options).readHistory();
  const text = moves.map(describeMove).join('\n') || `No alias was ever moved in ${options.registry}.`;
  print(moves, text, options);
}
