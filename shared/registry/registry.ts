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
  /** Every move there ever was, oldest first; of one alias only when it is named. Moves of one alias come by their fence. */
  readHistory(alias?: Alias): Promise<AliasEntry[]>;
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
 * Makes `modelVersion` champion; the one before becomes `previous`. The champion's own entry names what it replaced, so a crash between
 * the two moves loses nothing that a roll-back needs, and whoever promotes next, the same version included, makes `previous` follow.
 * Of several promoters that saw the same champion exactly one wins; the winner is never told that it lost.
 * @throws AppError FRAUD_ALIAS_CONFLICT, FRAUD_MODEL_NOT_FOUND
 */
export async function promote(
  registry: Registry,
  modelVersion: string,
  { championFence, ...note }: PromoteNote,
): Promise<AliasEntry> {
  const before = await registry.readAlias('champion');
  if (before?.modelVersion === modelVersion) {
    await alignPrevious(registry);
    return before;
  }
  if (championFence !== undefined && championFence !== (before?.fence ?? 0)) {
    throw new AppError('FRAUD_ALIAS_CONFLICT', {
      detail: 'Another version became champion since the comparison.',
    });
  }
  const expectedFence = before?.fence ?? 0;
  const entry = await registry.moveAlias({ alias: 'champion', modelVersion, expectedFence, ...note });
  await alignPrevious(registry);
  return entry;
}

/**
 * Makes `previous` what the champion replaced, with the champion's own note. `previous` is read first: whoever moves it on an outdated
 * champion does so before somebody who knows better, or not at all.
 */
async function alignPrevious(registry: Registry): Promise<void> {
  for (;;) {
    const previous = await registry.readAlias('previous');
    const champion = await registry.readAlias('champion');
    if (champion?.replaced === undefined || champion.replaced === previous?.modelVersion) return;
    const { replaced, movedAt, by, reason } = champion;
    const expectedFence = previous?.fence ?? 0;
    try {
      await registry.moveAlias({
        alias: 'previous',
        modelVersion: replaced,
        expectedFence,
        movedAt,
        by,
        reason,
      });
      return;
    } catch (error) {
      // Each conflict is somebody else's move: look again.
      if (!isConflict(error)) throw error;
    }
  }
}

/** True when an alias was moved by somebody else meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.code === 'FRAUD_ALIAS_CONFLICT';
}

/**
 * Makes the version that the champion replaced champion again. Asked twice at once, it goes back once.
 * @throws AppError FRAUD_MODEL_NOT_FOUND when there is nothing to go back to, FRAUD_ALIAS_CONFLICT when the champion changed meanwhile
 */
export async function rollBack(registry: Registry, note: MoveNote): Promise<AliasEntry> {
  const champion = await registry.readAlias('champion');
  if (champion?.replaced === undefined) {
    throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: 'The champion has replaced no other version.' });
  }
  return promote(registry, champion.replaced, { ...note, championFence: champion.fence });
}

/**
 * All moves in one order: by time, at the same time the champion's first, within an alias always by fence: clocks of several
 * machines may disagree, so no move counts as earlier than the one before it.
 */
export function sortMoves(moves: readonly AliasEntry[]): AliasEntry[] {
  const ordered = aliases.flatMap((alias, rank) => {
    let latest = '';
    return moves
      .filter((move) => move.alias === alias)
      .sort((left, right) => left.fence - right.fence)
      .map((move) => {
        latest = move.movedAt > latest ? move.movedAt : latest;
        return { move, movedAt: latest, rank };
      });
  });
  return ordered
    .sort((left, right) => left.movedAt.localeCompare(right.movedAt) || left.rank - right.rank)
    .map(({ move }) => move);
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
