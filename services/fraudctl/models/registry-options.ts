// services/fraudctl/models/registry-options.ts: which registry a verb reads, versions named by alias, and how results are printed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { type AliasEntry, aliases, loadAlias, type Registry } from '../../../shared/registry/registry.ts';

export interface RegistryOptions {
  readonly registry: string;
  readonly json?: boolean;
}

const home = (): string => process.env.FRAUD_HOME || '.fraud';

/** Directory of the registry unless an option names another: that of the services' setting, or below FRAUD_HOME. */
export function defaultRegistryDirectory(): string {
  return process.env.FRAUD_REGISTRY_DIRECTORY || join(home(), 'registry');
}

/** Registries that `npm start` made and that are not the one asked for. */
export function otherRegistries(asked: string): string[] {
  return ['demonstration', 'kept']
    .map((name) => join(home(), name, 'registry'))
    .filter((directory) => directory !== asked && existsSync(directory));
}

export function openRegistry({ registry }: RegistryOptions): Registry {
  return new FileRegistry(registry);
}

/** The version itself, or the one that an alias of this name points to. @throws AppError FRAUD_MODEL_NOT_FOUND */
export async function resolveVersion(registry: Registry, name: string): Promise<string> {
  const alias = aliases.find((known) => known === name);
  return alias ? (await loadAlias(registry, alias)).entry.modelVersion : name;
}

/** `champion → b (move 2, replaced a) 2026-01-01T00:00:00.000Z by ann: better` */
export function describeMove(entry: AliasEntry): string {
  const replaced = entry.replaced ? `, replaced ${entry.replaced}` : '';
  const reason = entry.reason ? `: ${entry.reason}` : '';
  return `${entry.alias} → ${entry.modelVersion} (move ${entry.fence}${replaced}) ${entry.movedAt} by ${entry.by}${reason}`;
}

export function print(facts: unknown, text: string, { json }: { readonly json?: boolean }): void {
  process.stdout.write(`${json ? JSON.stringify(facts) : text}\n`);
}
