// shared/registry/registry.ts: port: model versions, immutable once published, and aliases moved by compare-and-set.
import { AppError } from '../errors.ts';
import type { Manifest, VersionFiles } from './manifest.ts';

export const aliases = ['champion', 'challenger', 'previous'] as const;
export type Alias = (typeof aliases)[number];

/** Where an alias points, since which move. */
export interface AliasEntry {
  readonly alias: Alias;
  readonly modelVersion: string;
  /** SHA-256 of the manifest's bytes at the time of the move; loading through the alias checks it. */
  readonly manifestDigest: string;
  /** Number of moves so far, 1 for the first. Readers ignore an entry with a smaller one. */
  readonly fence: number;
  /** The version the alias pointed to before. */
  readonly replaced?: string | undefined;
  readonly movedAt: string;
  readonly by: string;
  readonly reason?: string | undefined;
}

/** A move of an alias that succeeds only when nobody moved it since `expectedFence` was read (0 = never moved). */
export interface AliasMove {
  readonly alias: Alias;
  readonly modelVersion: string;
  readonly expectedFence: number;
  readonly movedAt: string;
  readonly by: string;
  readonly reason?: string | undefined;
}

/** A version whose every byte was hashed; these are the bytes that were hashed. */
export interface VerifiedVersion {
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly files: VersionFiles;
}

/** Model versions and aliases. Adapters: directory (file-registry.ts), memory. Safe between processes. */
export interface Registry {
  /**
   * Makes a version visible, whole or not at all. Publishing the same bytes again changes nothing.
   * @throws AppError FRAUD_MODEL_EXISTS when the name is taken by other bytes, FRAUD_MODEL_HASH_MISMATCH when files and manifest disagree
   */
  publish(manifest: Manifest, files: VersionFiles): Promise<{ readonly manifestDigest: string }>;
  /** Names of all versions, ascending. */
  listVersions(): Promise<string[]>;
  /** @throws AppError FRAUD_MODEL_NOT_FOUND */
  readManifest(modelVersion: string): Promise<Manifest>;
  /**
   * Reads each file once, hashes it, and returns the bytes that were hashed.
   * @param expectedDigest the manifest digest of an alias entry; a manifest edited since then is refused
   * @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, FRAUD_MODEL_INVALID
   */
  loadVerified(modelVersion: string, expectedDigest?: string): Promise<VerifiedVersion>;
  readAlias(alias: Alias): Promise<AliasEntry | undefined>;
  /** @throws AppError FRAUD_ALIAS_CONFLICT when the alias was moved meanwhile, FRAUD_MODEL_NOT_FOUND */
  moveAlias(move: AliasMove): Promise<AliasEntry>;
}

/** Who moves an alias, when and why. */
export interface MoveNote {
  readonly movedAt: string;
  readonly by: string;
  readonly reason?: string | undefined;
}

/** A promotion that rests on a comparison with the champion holds only while that one is champion: since this move. */
export interface PromoteNote extends MoveNote {
  readonly championFence?: number | undefined;
}

/**
 * Makes `modelVersion` champion; the one before becomes `previous`. The champion's entry itself names what it replaced,
 * so a crash between the two moves loses nothing a roll-back needs.
 * @throws AppError FRAUD_ALIAS_CONFLICT, FRAUD_MODEL_NOT_FOUND
 */
export async function promote(
  registry: Registry,
  modelVersion: string,
  { championFence, ...note }: PromoteNote,
): Promise<AliasEntry> {
  const [before, previous] = await Promise.all([
    registry.readAlias('champion'),
    registry.readAlias('previous'),
  ]);
  if (before?.modelVersion === modelVersion) return before;
  if (championFence !== undefined && championFence !== (before?.fence ?? 0)) {
    throw new AppError('FRAUD_ALIAS_CONFLICT', {
      detail: 'Another version became champion since the comparison.',
    });
  }
  const entry = await registry.moveAlias({
    alias: 'champion',
    modelVersion,
    expectedFence: before?.fence ?? 0,
    ...note,
  });
  if (before) {
    const expectedFence = previous?.fence ?? 0;
    await registry.moveAlias({
      alias: 'previous',
      modelVersion: before.modelVersion,
      expectedFence,
      ...note,
    });
  }
  return entry;
}

/**
 * Makes the version that the champion replaced champion again.
 * @throws AppError FRAUD_MODEL_NOT_FOUND when there is nothing to go back to
 */
export async function rollBack(registry: Registry, note: MoveNote): Promise<AliasEntry> {
  const champion = await registry.readAlias('champion');
  if (champion?.replaced === undefined) {
    throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: 'The champion has replaced no other version.' });
  }
  return promote(registry, champion.replaced, note);
}

/**
 * Loads what an alias points to, verified against the digest noted when it was moved.
 * @throws AppError FRAUD_MODEL_NOT_FOUND when the alias was never set
 */
export async function loadAlias(
  registry: Registry,
  alias: Alias,
): Promise<{ readonly entry: AliasEntry; readonly version: VerifiedVersion }> {
  const entry = await registry.readAlias(alias);
  if (!entry) throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: `No version is ${alias}.` });
  return { entry, version: await registry.loadVerified(entry.modelVersion, entry.manifestDigest) };
}
