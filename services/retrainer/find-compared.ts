// services/retrainer/find-compared.ts: the champion a run compares with: the present one, or the one that a run killed while promoting had compared with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  const manifestDigest = sha256Of(toManifestBytes(await registry.readManifest(entry.replaced)));
  if (readPromoting(stagesOf(manifestDigest)) !== entry.modelVersion) return { entry, version };
  return {
    entry: { ...entry, modelVersion: entry.replaced, manifestDigest, fence: entry.fence - 1 },
    version: await registry.loadVerified(entry.replaced, manifestDigest),
  };
}

/** The version that was about to be promoted; undefined when none was. */
function readPromoting(stages: string): unknown {
  try {
    return JSON.parse(readFileSync(join(stages, PROMOTING_FILE), 'utf8')).modelVersion;
  } catch {
    return undefined;
  }
}
