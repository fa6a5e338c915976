// shared/registry/shipped-champion.ts: the version that comes with the package, put into a registry that has no champion yet.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { AppError } from '../errors.ts';
import { readFiles } from './file-registry.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  parseManifest,
  sha256Of,
  toManifestBytes,
  type VersionFiles,
  verifyFiles,
} from './manifest.ts';
import { type AliasEntry, isConflict, promote, type Registry, type VerifiedVersion } from './registry.ts';

/** Directory of the version that ships with the package. */
export const shippedDirectory: string = join(packageRoot, 'infra', 'champion');

/**
 * Reads and verifies the shipped version.
 * @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH
 */
export async function loadShipped(directory = shippedDirectory): Promise<VerifiedVersion> {
  if (!existsSync(join(directory, MANIFEST_FILE))) {
    throw new AppError('FRAUD_MODEL_NOT_FOUND', {
      detail: 'No version ships with this package; run `fraudctl bootstrap`.',
    });
  }
  const manifestBytes = await readFile(join(directory, MANIFEST_FILE));
  const manifest = parseManifest(manifestBytes);
  const files = await readFiles(directory, Object.keys(manifest.files));
  verifyFiles(manifest, files);
  return { manifest, manifestDigest: sha256Of(manifestBytes), files };
}

/**
 * Publishes the shipped version and makes it champion where there is none. A champion already chosen stays.
 * @returns the champion's entry, whichever it is
 */
export async function ensureChampion(
  registry: Registry,
  movedAt: string,
  directory = shippedDirectory,
): Promise<AliasEntry> {
  const champion = await registry.readAlias('champion');
  if (champion) return champion;
  const { manifest, files } = await loadShipped(directory);
  await registry.publish(manifest, files);
  try {
    return await promote(registry, manifest.modelVersion, {
      movedAt,
      by: 'set-up',
      reason: 'first champion',
      championFence: 0,
    });
  } catch (error) {
    // Another process set up the same registry at the same time: its champion stands.
    const theirs = isConflict(error) ? await registry.readAlias('champion') : undefined;
    if (!theirs) throw error;
    return theirs;
  }
}

/** Writes a version as the one that ships with the package, in place of the one there. */
export async function writeShipped(
  manifest: Manifest,
  files: VersionFiles,
  directory = shippedDirectory,
): Promise<void> {
  verifyFiles(manifest, files);
  const incoming = `${directory}.incoming`;
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(incoming, name), bytes);
  await writeFile(join(incoming, MANIFEST_FILE), toManifestBytes(manifest));
  await rm(directory, { recursive: true, force: true });
  await rename(incoming, directory);
}
