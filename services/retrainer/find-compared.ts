// services/retrainer/find-compared.ts: the champion a run compares with: the present one, or the one that a run killed while promoting had compared with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { sha256Of, toManifestBytes } from '../../shared/registry/manifest.ts';
import {
  type AliasEntry,
  loadAlias,
  type Registry,
  type VerifiedVersion,
} from '../../shared/registry/registry.ts';
import { PROMOTING_FILE } from './run-files.ts';

export interface Compared {
  readonly entry: AliasEntry;
  readonly version: VerifiedVersion;
}

/**
 * A run that was killed after its version became champion must end as promoted when it is asked again, not begin another run that
 * compares the version with itself.
 * @param stagesOf folder of the stages of the run that compared with this manifest digest
 */
export async function findCompared(
  registry: Registry,
  stagesOf: (manifestDigest: string) => string,
): Promise<Compared> {
  const { entry, version } = await loadAlias(registry, 'champion');
  if (entry.replaced === undefined) return { entry, version };
  const manifestDigest = await digestOf(registry, entry.replaced);
  if (manifestDigest === undefined || readPromoting(stagesOf(manifestDigest)) !== entry.modelVersion)
    return { entry, version };
  return {
    entry: { ...entry, modelVersion: entry.replaced, manifestDigest, fence: entry.fence - 1 },
    version: await registry.loadVerified(entry.replaced, manifestDigest),
  };
}

/** Undefined when the version was removed: no run can go on against it. */
async function digestOf(registry: Registry, modelVersion: string): Promise<string | undefined> {
  try {
    return sha256Of(toManifestBytes(await registry.readManifest(modelVersion)));
  } catch (error) {
    if (error instanceof AppError && error.code === 'FRAUD_MODEL_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The version that was about to be promoted; undefined when none was. */
function readPromoting(stages: string): unknown {
  try {
    return JSON.parse(readFileSync(join(stages, PROMOTING_FILE), 'utf8')).modelVersion;
  } catch {
    return undefined;
  }
}
