// services/fraudctl/models/show-model.ts: one version, verified byte for byte: facts, ancestors, moves, files.
import type { Registry, VerifiedVersion } from '../../../shared/registry/registry.ts';
import { toColumns } from '../to-columns.ts';
import {
  describeMove,
  openRegistry,
  print,
  type RegistryOptions,
  resolveVersion,
} from './registry-options.ts';
import { factsOf } from './version-facts.ts';

/** From the parent to the oldest ancestor that this registry still knows; a name it does not know ends the line. */
async function ancestorsOf(registry: Registry, { manifest }: VerifiedVersion): Promise<string[]> {
  const known = new Set(await registry.listVersions());
  const ancestors: string[] = [];
  let parent = manifest.derivedFrom;
  while (parent !== undefined && !ancestors.includes(parent)) {
    ancestors.push(parent);
    parent = known.has(parent) ? (await registry.readManifest(parent)).derivedFrom : undefined;
  }
  return ancestors;
}

/** @param name a version or an alias */
export async function showModel(name: string, options: RegistryOptions): Promise<void> {
  const registry = openRegistry(options);
  const version = await registry.loadVerified(await resolveVersion(registry, name));
  const { manifest, manifestDigest } = version;
  const ancestors = await ancestorsOf(registry, version);
  const moves = (await registry.readHistory()).filter(
    ({ modelVersion, replaced }) =>
      modelVersion === manifest.modelVersion || replaced === manifest.modelVersion,
  );
  const lines = [
    `${manifest.modelVersion}, every file verified`,
    '',
    toColumns([
      ...Object.entries(factsOf(version)),
      ['ancestors', ancestors.join(' ← ') || 'none'],
      ['model card', `${options.registry}/versions/${manifest.modelVersion}/${manifest.modelCard}`],
    ]),
    '',
    ...(moves.length > 0 ? moves.map(describeMove) : ['No alias ever pointed here.']),
    '',
    ...Object.entries(manifest.files).map(([file, { sha256, bytes }]) => `${sha256}  ${bytes}  ${file}`),
  ];
  print({ manifestDigest, ancestors, moves, manifest }, lines.join('\n'), options);
}
